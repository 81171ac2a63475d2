-- Runs under an empty search path, so that regclass and regtype print the schema.
SELECT pg_catalog.quote_ident(c.conname) || ' on ' ||
       CASE WHEN c.conrelid <> 0 THEN c.conrelid::regclass::text ELSE c.contypid::regtype::text END
  FROM pg_catalog.pg_constraint c
 WHERE NOT c.convalidated
 ORDER BY 1
