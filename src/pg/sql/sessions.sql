SELECT coalesce(usename::text, 'unknown')                                                          AS username,
       coalesce(application_name, '')                                                              AS application,
       EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - xact_start)::float8                       AS transaction
  FROM pg_catalog.pg_stat_activity
 WHERE datname IS NOT NULL
   AND coalesce(backend_type, 'client backend') = 'client backend'
   AND coalesce(usename, '') NOT IN ('rdsadmin', 'rdsrepladmin')
   AND coalesce(application_name, '') NOT LIKE 'daybreak/%'
   AND pid <> pg_catalog.pg_backend_pid()
 ORDER BY xact_start NULLS LAST, pid
