-- The command is left out: it may carry credentials.
SELECT pg_catalog.format('pg_cron job %s (%s) in database %I', jobid, schedule, database)
  FROM cron.job
 WHERE active
 ORDER BY jobid
