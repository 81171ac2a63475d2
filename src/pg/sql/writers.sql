-- $1 the roles asked for by name, or none for every role that can log in; $2 the marker. Every role that can log in or bears
-- the marker, with why it is not an application's. Whoever makes a role gets it with ADMIN OPTION (from version 16 on): that
-- is no mark. A system role of RDS has a reserved name.
SELECT r.oid,
       r.rolname::text AS name,
       r.rolcanlogin AS can_login,
       EXISTS (SELECT
                 FROM pg_catalog.pg_auth_members m
                 JOIN pg_catalog.pg_roles k ON k.oid = m.roleid
                WHERE k.rolname = $2 AND m.member = r.oid AND NOT m.admin_option) AS marked,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.usesysid = r.oid) AS sessions,
       CASE WHEN r.rolname = session_user THEN 'own'
            WHEN r.rolsuper THEN 'superuser'
            WHEN r.rolreplication THEN 'replication'
            WHEN r.rolname ~ '^(pg_|rds_|rdsadmin|rdstopmgr|rdsrepl|rdsproxy|rdswriteforward)' THEN 'system'
            WHEN EXISTS (SELECT
                           FROM pg_catalog.pg_roles s
                          WHERE s.rolname = 'rds_superuser' AND pg_catalog.pg_has_role(r.oid, s.oid, 'MEMBER'))
            THEN 'administrator'
       END AS kept
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = ANY ($1)
    OR r.rolname <> $2
   AND (pg_catalog.cardinality($1) = 0 AND r.rolcanlogin
        OR EXISTS (SELECT
                     FROM pg_catalog.pg_auth_members m
                     JOIN pg_catalog.pg_roles k ON k.oid = m.roleid
                    WHERE k.rolname = $2 AND m.member = r.oid AND NOT m.admin_option))
 ORDER BY r.rolname
