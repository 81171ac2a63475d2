-- Runs under an empty search path, so that regclass prints the schema.
SELECT i.oid::regclass::text || ' on ' || x.indrelid::regclass::text
  FROM pg_catalog.pg_index x
  JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
 WHERE NOT (x.indisvalid AND x.indisready AND x.indislive)
   AND i.relpersistence <> 't'
 ORDER BY 1
