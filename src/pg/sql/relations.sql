-- Every lasting relation and the writer of its row; the txid_ functions exist in every version.
SELECT c.oid,
       c.relname::text AS name,
       c.xmin::text::bigint AS writer,
       pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) AS next
  FROM pg_catalog.pg_class c
 WHERE c.relpersistence <> 't'
