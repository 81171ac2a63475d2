-- $1 transaction ids in 64 bits, all below the snapshot's next. NULL is a transaction so old that
-- its end is no longer on record: it ended well.
SELECT t.id, pg_catalog.txid_status(t.id) AS status
  FROM pg_catalog.unnest($1) AS t(id)
