-- The row of the system column ctid is written when a table is made and never again, so its writer
-- made the table.
SELECT c.oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS shown,
       c.relpersistence = 'u' AS unlogged,
       (SELECT a.xmin::text::bigint
          FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = c.oid
           AND a.attnum = -1) AS maker
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p')
   AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
 ORDER BY 2, 3
