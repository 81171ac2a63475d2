-- $1 transaction ids in 64 bits. When each was committed, as far as that is kept.
SELECT id,
       CASE WHEN pg_catalog.current_setting('track_commit_timestamp')::boolean
            THEN pg_catalog.pg_xact_commit_timestamp((id % 4294967296)::text::xid)
       END AS at
  FROM pg_catalog.unnest($1) AS id
