#!/usr/bin/env bash
# Runs once, when the database server is made: what its log says.
#
# For a server that is there already: the same statements, as its superuser.
set -euo pipefail

PGHOST='' PGHOSTADDR='' psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
-- Slow statements, waits for locks, what spills to disk; never a value: it may be a password or a guest's note.
ALTER SYSTEM SET log_min_duration_statement = '500ms';
ALTER SYSTEM SET log_parameter_max_length = 0;
ALTER SYSTEM SET log_parameter_max_length_on_error = 0;
ALTER SYSTEM SET log_lock_waits = on;
ALTER SYSTEM SET log_temp_files = '8MB';
ALTER SYSTEM SET log_autovacuum_min_duration = '10s';
ALTER SYSTEM SET log_line_prefix = '%m [%p] %q%u@%d %a ';
-- A server that is being made listens nowhere yet, and is started once more: it would complain that it can't change that.
SELECT pg_reload_conf() WHERE current_setting('listen_addresses') <> '';
SQL
