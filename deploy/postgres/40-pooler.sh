#!/usr/bin/env bash
# Runs once, when the database server is made and DB_POOLER_PASSWORD_FILE names a password: what PgBouncer needs to know
# the API's logins by itself, so that a new password of theirs needs no edit of its files.
#
#   table_order_pooler  PgBouncer's own login; may call one function in the database `postgres`, and nothing else
#   table_order_lookup  owns that function and reads the verifiers for it; no login
#
# The function tells the verifiers of the API's three logins only. The owner is a member of the API's role too, so
# membership would not do. For a server that is there already: the same again, as its superuser.
set -euo pipefail

[ -n "${DB_POOLER_PASSWORD_FILE:-}" ] || exit 0

PGHOST='' PGHOSTADDR='' psql --no-psqlrc --set ON_ERROR_STOP=1 --single-transaction \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres --set password="$(<"$DB_POOLER_PASSWORD_FILE")" <<'SQL'
-- The statements hold passwords, and the log is read by others.
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
SELECT count(*) = 0 AS missing FROM pg_roles WHERE rolname = 'table_order_pooler' \gset
\if :missing
CREATE ROLE table_order_lookup NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE table_order_pooler LOGIN NOSUPERUSER NOBYPASSRLS CONNECTION LIMIT 5;
\endif
ALTER ROLE table_order_pooler PASSWORD :'password';

GRANT SELECT (rolname, rolpassword, rolcanlogin, rolvaliduntil) ON pg_authid TO table_order_lookup;
CREATE SCHEMA IF NOT EXISTS pooler AUTHORIZATION table_order_lookup;
CREATE OR REPLACE FUNCTION pooler.verifier_of(name) RETURNS TABLE (login name, verifier text)
    LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT rolname, rolpassword FROM pg_authid
        WHERE rolname = $1 AND rolname IN ('table_order_app', 'table_order_app_a', 'table_order_app_b')
            AND rolcanlogin AND (rolvaliduntil IS NULL OR rolvaliduntil > now());
    END;
ALTER FUNCTION pooler.verifier_of(name) OWNER TO table_order_lookup;
REVOKE ALL ON FUNCTION pooler.verifier_of(name) FROM PUBLIC;
GRANT USAGE ON SCHEMA pooler TO table_order_pooler;
GRANT EXECUTE ON FUNCTION pooler.verifier_of(name) TO table_order_pooler;
SQL
