-- $1 the roles whose sessions end.
SELECT count(*) FILTER (WHERE pg_catalog.pg_terminate_backend(a.pid))
  FROM pg_catalog.pg_stat_activity a
 WHERE a.usesysid = ANY ($1)
   AND a.pid <> pg_catalog.pg_backend_pid()
