-- $1 when the restore was requested, or NULL; $2 how many transaction ids to go back. Transaction
-- ids are counted in 64 bits (epoch and id), so that the walk crosses a wraparound;
-- pg_xact_commit_timestamp takes the lower 32, of which 0 to 2 are no transactions. The txid_
-- functions exist in every version.
WITH books AS (
  SELECT pg_catalog.current_setting('track_commit_timestamp')::boolean AS tracked,
         pg_catalog.txid_current_snapshot()                             AS snapshot
), ids AS (
  SELECT id, pg_catalog.txid_visible_in_snapshot(id, snapshot) AND id % 4294967296 >= 3 AS usable
    FROM books,
         pg_catalog.generate_series(pg_catalog.txid_snapshot_xmax(snapshot) - 1,
                                    greatest(pg_catalog.txid_snapshot_xmax(snapshot) - $2, 3),
                                    -1) AS id
   WHERE tracked
), commits AS (
  SELECT CASE WHEN usable THEN pg_catalog.pg_xact_commit_timestamp((id % 4294967296)::text::xid) END AS at
    FROM ids
), newest AS (
  SELECT max(at) FILTER (WHERE $1 IS NULL OR at < $1) AS newest,
         count(*) FILTER (WHERE at >= $1)             AS own
    FROM commits
)
SELECT tracked, newest, own, pg_catalog.clock_timestamp() AS now
  FROM books, newest
