-- Every table that has rows of its own, with why they cannot be told by who wrote them, where that is so.
SELECT c.oid,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
       c.relkind = 'f' AS elsewhere,
       CASE WHEN NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                      AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))
            THEN pg_catalog.quote_ident(current_user::text) || ' may not read it'
       END AS untold,
       c.relpersistence = 'u' AS unlogged
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'f')
   AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
 ORDER BY 2
