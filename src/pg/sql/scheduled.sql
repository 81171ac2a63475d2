-- What runs by itself, or leads out of the database. Runs under an empty search path, so that
-- regclass prints the schema.
SELECT 'pg_cron jobs of database ' || pg_catalog.quote_ident(pg_catalog.current_setting('cron.database_name', true))
       || ', not looked into'
 WHERE pg_catalog.current_setting('cron.database_name', true) <> pg_catalog.current_database()
UNION ALL
(SELECT pg_catalog.format('subscription %I in database %I', s.subname, d.datname)
   FROM pg_catalog.pg_subscription s
   JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
  WHERE s.subenabled
  ORDER BY 1)
UNION ALL
(SELECT pg_catalog.format('foreign server %I (%s)', s.srvname,
                          coalesce((SELECT pg_catalog.string_agg(o.option_value, ' ')
                                      FROM pg_catalog.pg_options_to_table(s.srvoptions) o
                                     WHERE o.option_name IN ('host', 'hostaddr', 'server', 'service')),
                                   w.fdwname))
   FROM pg_catalog.pg_foreign_server s
   JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
  ORDER BY 1)
UNION ALL
(SELECT pg_catalog.format('event trigger %I', e.evtname)
   FROM pg_catalog.pg_event_trigger e
  WHERE e.evtenabled IN ('O', 'A')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                     WHERE d.classid = 'pg_catalog.pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
  ORDER BY 1)
UNION ALL
(SELECT pg_catalog.format('trigger %I on %s, which calls out', t.tgname, t.tgrelid::regclass)
   FROM pg_catalog.pg_trigger t
   JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
  WHERE NOT t.tgisinternal
    AND t.tgenabled IN ('O', 'A')
    AND p.prosrc ~* '(aws_lambda|aws_s3|dblink|net\.http_|\mhttp_(get|post|put|patch|delete)\M)'
  ORDER BY 1)
UNION ALL
(SELECT pg_catalog.format('prepared transaction %L in database %I, waiting for its coordinator', p.gid, p.database)
   FROM pg_catalog.pg_prepared_xacts p
  ORDER BY 1)
