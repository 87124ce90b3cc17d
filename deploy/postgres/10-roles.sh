#!/usr/bin/env bash
# Runs once, when the database server is made: the logins of the service and its database.
#
#   table_order_owner   migrates; owns the schema; no superuser, so that row-level security holds for it too
#   table_order_app     what the API signs in as; may neither create tables nor pass by row-level security
#   table_order_monitor reads statistics (pg_monitor); a login when DB_MONITOR_PASSWORD is set
#
# The roles for reports and backups have no login here; the first migration makes them. The API's login is the first of
# its life: `python -m app.cli db rotate-password` goes on with table_order_app_a and _b in turns.
#
# DB_OWNER_PASSWORD, DB_APP_PASSWORD, DB_MONITOR_PASSWORD: their passwords, or in DB_…_PASSWORD_FILE the files that hold them.
set -euo pipefail

for name in DB_OWNER_PASSWORD DB_APP_PASSWORD DB_MONITOR_PASSWORD; do
    file=${name}_FILE
    [ -z "${!file:-}" ] || export "$name=$(<"${!file}")"
done
: "${DB_OWNER_PASSWORD:?}" "${DB_APP_PASSWORD:?}"

PGHOST='' PGHOSTADDR='' psql --no-psqlrc --set ON_ERROR_STOP=1 \
    --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$DB_OWNER_PASSWORD" --set app_password="$DB_APP_PASSWORD" \
    ${DB_MONITOR_PASSWORD:+--set "monitor_password=$DB_MONITOR_PASSWORD"} <<'SQL'
-- The statements hold passwords, and the log is read by others.
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
CREATE ROLE table_order_owner LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE table_order_app   LOGIN NOCREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';

-- The first migration grants rights to this role and, as on a server where it makes the role itself, manages it.
GRANT table_order_app TO table_order_owner WITH ADMIN OPTION;

-- Reads statistics and settings, and no row of any table.
CREATE ROLE table_order_monitor NOLOGIN NOSUPERUSER NOBYPASSRLS CONNECTION LIMIT 5 IN ROLE pg_monitor;
\if :{?monitor_password}
ALTER ROLE table_order_monitor LOGIN PASSWORD :'monitor_password';
\endif

CREATE DATABASE table_order OWNER table_order_owner;
SQL
