SELECT pg_catalog.to_regprocedure('aurora_db_instance_identifier()') IS NOT NULL            AS aurora,
       pg_catalog.host(pg_catalog.inet_server_addr())                                       AS address,
       pg_catalog.inet_server_port()                                                        AS port,
       pg_catalog.pg_postmaster_start_time()                                                AS started,
       pg_catalog.pg_is_in_recovery()                                                       AS in_recovery,
       pg_catalog.current_setting('server_version')                                         AS version,
       pg_catalog.current_database()::text                                                  AS database,
       current_user::text                                                                   AS username
