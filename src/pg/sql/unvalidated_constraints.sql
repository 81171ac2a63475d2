-- $1 the constraints to look at, or NULL for all that are unvalidated. Runs under an empty search
-- path, so that regclass and regtype print the schema.
SELECT c.oid,
       pg_catalog.quote_ident(c.conname) || ' on ' ||
       CASE WHEN c.conrelid <> 0 THEN c.conrelid::regclass::text ELSE c.contypid::regtype::text END AS shown,
       NOT c.convalidated AS faulty,
       c.xmin::text::bigint AS writer
  FROM pg_catalog.pg_constraint c
 WHERE CASE WHEN $1 IS NULL THEN NOT c.convalidated ELSE c.oid = ANY ($1) END
 ORDER BY 2
