-- The row type's catalog row is written when a table is made, and afterwards hardly ever.
SELECT c.oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS shown,
       c.relpersistence = 'u' AS unlogged,
       CASE WHEN pg_catalog.current_setting('track_commit_timestamp')::boolean
            THEN pg_catalog.pg_xact_commit_timestamp(t.xmin)
       END AS written
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_type t ON t.oid = c.reltype
 WHERE c.relkind IN ('r', 'p')
   AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
 ORDER BY 2, 3
