-- $1 the first transaction id of the copy's own, $2 how many to go back. What was under way when the copy parted was committed
-- by nobody here. What is so old that nothing is known of it any more was.
SELECT id
  FROM pg_catalog.generate_series(greatest($1 - $2, 3), $1 - 1) AS id
 WHERE id % 4294967296 >= 3
   AND pg_catalog.txid_status(id) IN ('aborted', 'in progress')
