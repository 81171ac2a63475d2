-- What the statistics have counted, table by table: partitions and not what they are partitions of, which has no rows.
SELECT pg_catalog.quote_ident(schemaname) || '.' || pg_catalog.quote_ident(relname) AS name,
       n_tup_ins AS inserted,
       n_tup_upd AS updated,
       n_tup_del AS deleted
  FROM pg_catalog.pg_stat_user_tables
 WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
   AND schemaname !~ '^pg_temp_'
