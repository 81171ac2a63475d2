-- $1 a table's oid. Its columns as an INSERT names them: what is generated cannot be written. The column that tells it is not
-- there in every version.
SELECT pg_catalog.quote_ident(a.attname) AS name, a.attidentity = 'a' AS always
  FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = $1
   AND a.attnum > 0
   AND NOT a.attisdropped
   AND COALESCE(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') = ''
 ORDER BY a.attnum
