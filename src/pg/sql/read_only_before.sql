-- $1 roles, by id. Which of them have a setting of their own in this database for whether new transactions may write.
SELECT r.rolname::text AS name, pg_catalog.split_part(one.setting, '=', 2) AS value
  FROM pg_catalog.pg_db_role_setting s
  JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
  JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
 CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS one (setting)
 WHERE r.oid = ANY ($1)
   AND d.datname = pg_catalog.current_database()
   AND one.setting LIKE 'default\_transaction\_read\_only=%'
