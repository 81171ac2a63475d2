SELECT pg_catalog.pg_is_in_recovery()                                                              AS in_recovery,
       EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()
                          - pg_catalog.pg_last_xact_replay_timestamp())::float8                    AS replayed_before,
       pg_catalog.to_regprocedure('aurora_global_db_status()') IS NOT NULL                         AS global
