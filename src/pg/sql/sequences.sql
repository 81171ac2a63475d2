-- Runs under an empty search path, so that regclass prints the schema and pg_get_expr a name that
-- can be compared.
--
-- A sequence feeds a column that has it as identity, as its whole default, or as property without
-- any default (an application that draws from it itself). Computed defaults say nothing of where
-- the column should be, nor does a sequence that starts over. A partition is compared as part of
-- its parent. What comes back is, for each, the statement that compares the two.
WITH feeds AS (
  SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number
    FROM pg_catalog.pg_depend d
   WHERE d.classid = 'pg_catalog.pg_class'::regclass
     AND d.refclassid = 'pg_catalog.pg_class'::regclass
     AND d.refobjsubid > 0
     AND (d.deptype = 'i'
          OR d.deptype = 'a'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef e WHERE e.adrelid = d.refobjid AND e.adnum = d.refobjsubid))
  UNION
  SELECT d.refobjid, e.adrelid, e.adnum
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attrdef e ON e.oid = d.objid
   WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
     AND d.refclassid = 'pg_catalog.pg_class'::regclass
     AND pg_catalog.pg_get_expr(e.adbin, e.adrelid)
         = pg_catalog.format('nextval(%L::regclass)', d.refobjid::regclass::text)
)
SELECT pg_catalog.format('%s for %s.%I', s.oid::regclass, t.oid::regclass, a.attname) AS shown,
       pg_catalog.format(
         'SELECT next::text, edge::text, coalesce(edge %s next, false) AS behind '
         'FROM (SELECT CASE WHEN is_called THEN last_value::numeric + %s ELSE last_value END AS next FROM %s) s, '
         '(SELECT %s(%I) AS edge FROM %s) c',
         CASE WHEN q.seqincrement > 0 THEN '>=' ELSE '<=' END,
         q.seqincrement,
         s.oid::regclass,
         CASE WHEN q.seqincrement > 0 THEN 'max' ELSE 'min' END,
         a.attname,
         t.oid::regclass) AS compare
  FROM feeds f
  JOIN pg_catalog.pg_class s ON s.oid = f.sequence AND s.relkind = 'S'
  JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid AND NOT q.seqcycle
  JOIN pg_catalog.pg_class t ON t.oid = f.relation AND t.relkind IN ('r', 'p') AND t.relpersistence <> 't'
  JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = f.number AND NOT a.attisdropped
 WHERE NOT EXISTS (SELECT
                     FROM pg_catalog.pg_inherits i
                     JOIN feeds p ON p.relation = i.inhparent AND p.sequence = f.sequence
                    WHERE i.inhrelid = f.relation)
   AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
 ORDER BY 1
