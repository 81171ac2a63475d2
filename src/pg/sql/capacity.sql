SELECT name, setting::bigint AS value, coalesce(unit, '') AS unit
  FROM pg_catalog.pg_settings
 WHERE vartype = 'integer'
   AND name IN ('max_connections', 'max_prepared_transactions', 'max_locks_per_transaction', 'max_pred_locks_per_transaction',
                'max_worker_processes', 'max_wal_senders', 'max_replication_slots', 'shared_buffers', 'work_mem',
                'maintenance_work_mem', 'temp_buffers')
UNION ALL
SELECT 'connection limit of database ' || datname, datconnlimit::bigint, ''
  FROM pg_catalog.pg_database
 WHERE datname = pg_catalog.current_database()
   AND datconnlimit >= 0
 ORDER BY name
