-- $1 the marker. Who bears it, with how many sessions, and what was set before for each of them in this database. Whoever makes a
-- role gets it with ADMIN OPTION (from version 16 on): that is no mark.
SELECT r.oid,
       r.rolname::text AS name,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.usesysid = r.oid) AS sessions,
       COALESCE(pg_catalog.shobj_description(k.oid, 'pg_authid')::jsonb, '{}') ->> r.rolname AS before
  FROM pg_catalog.pg_roles k
  JOIN pg_catalog.pg_auth_members m ON m.roleid = k.oid AND NOT m.admin_option
  JOIN pg_catalog.pg_roles r ON r.oid = m.member
 WHERE k.rolname = $1
 ORDER BY r.rolname
