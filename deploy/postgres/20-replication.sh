#!/usr/bin/env bash
# Runs once, when the database server is made: the login of a standby, where DB_REPLICATION_PASSWORD_FILE names its password.
# Its slot it makes itself (deploy/postgres-replica.sh).
set -euo pipefail

[ -n "${DB_REPLICATION_PASSWORD_FILE:-}" ] || exit 0

PGHOST='' PGHOSTADDR='' psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$(<"$DB_REPLICATION_PASSWORD_FILE")" <<'SQL'
-- The statements hold passwords, and the log is read by others.
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
CREATE ROLE table_order_replication LOGIN REPLICATION PASSWORD :'password';
-- A standby that stays away must not fill the primary's disk.
ALTER SYSTEM SET max_slot_wal_keep_size = '4GB';
SQL
echo 'host replication table_order_replication all scram-sha-256' >> "$PGDATA/pg_hba.conf"
