-- Where the database stands: its time, which transactions have ended, in 64 bits, and when its statistics were last reset. The
-- txid_ functions exist in every version.
SELECT pg_catalog.clock_timestamp() AS at,
       pg_catalog.txid_snapshot_xmin(s.snapshot) AS oldest_running,
       pg_catalog.txid_snapshot_xmax(s.snapshot) AS next,
       ARRAY(SELECT pg_catalog.txid_snapshot_xip(s.snapshot)) AS running,
       (SELECT d.stats_reset FROM pg_catalog.pg_stat_database d WHERE d.datname = pg_catalog.current_database()) AS reset
  FROM (SELECT pg_catalog.txid_current_snapshot() AS snapshot) s
