-- $1 the indexes to look at, or NULL for all that are invalid. Runs under an empty search path, so
-- that regclass prints the schema. Before version 14 the flags were changed in place, so the row's
-- writer does not tell when.
SELECT i.oid,
       i.oid::regclass::text || ' on ' || x.indrelid::regclass::text AS shown,
       NOT (x.indisvalid AND x.indisready AND x.indislive) AS faulty,
       CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 140000 THEN x.xmin::text::bigint END AS writer
  FROM pg_catalog.pg_index x
  JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
 WHERE i.relpersistence <> 't'
   AND CASE WHEN $1 IS NULL THEN NOT (x.indisvalid AND x.indisready AND x.indislive) ELSE i.oid = ANY ($1) END
 ORDER BY 2
