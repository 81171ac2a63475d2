-- $1 statement timeout, $2 lock timeout. row_security off turns a silently filtered answer into an
-- error; the idle timeout frees the snapshot of a daybreak that died, and the connection check ends
-- its queries. Settings that a server's version lacks are left out.
SELECT pg_catalog.set_config('default_transaction_read_only', 'on', false),
       pg_catalog.set_config('statement_timeout', $1, false),
       pg_catalog.set_config('lock_timeout', $2, false),
       pg_catalog.set_config('idle_in_transaction_session_timeout', '15min', false),
       pg_catalog.set_config('row_security', 'off', false),
       pg_catalog.set_config('TimeZone', 'UTC', false),
       pg_catalog.set_config('DateStyle', 'ISO, YMD', false),
       (SELECT pg_catalog.set_config(name, '10s', false)
          FROM pg_catalog.pg_settings
         WHERE name = 'client_connection_check_interval'),
       (SELECT pg_catalog.set_config(name, '0', false)
          FROM pg_catalog.pg_settings
         WHERE name = 'transaction_timeout')
