-- The next transaction id in 64 bits, what was counted since the statistics were last reset, and the database's time. The
-- txid_ functions exist in every version.
SELECT pg_catalog.pg_is_in_recovery() AS in_recovery,
       pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) AS next,
       d.tup_inserted AS inserted,
       d.tup_updated AS updated,
       d.tup_deleted AS deleted,
       pg_catalog.clock_timestamp() AS at
  FROM pg_catalog.pg_stat_database d
 WHERE d.datname = pg_catalog.current_database()
