#!/usr/bin/env bash
# Gives the logins that serve the database the passwords of their files, on the primary; on a standby it does nothing.
# `make renew-passwords` runs it in every member. The API's logins are not among them: `db rotate-password` has those.
set -euo pipefail

ask() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres "$@"; }
[ "$(ask -At --command 'SELECT pg_is_in_recovery()')" = f ] || exit 0

set --
for name in superuser owner monitor replication rewind pooler; do
    set -- "$@" --set "$name=$(<"/run/secrets/db_${name}_password")"
done
ask --single-transaction "$@" <<'SQL'
-- The statements hold passwords, and the log is read by others.
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = panic;
ALTER ROLE postgres PASSWORD :'superuser';
ALTER ROLE table_order_owner PASSWORD :'owner';
ALTER ROLE table_order_monitor PASSWORD :'monitor';
ALTER ROLE table_order_replication PASSWORD :'replication';
ALTER ROLE table_order_rewind PASSWORD :'rewind';
ALTER ROLE table_order_pooler PASSWORD :'pooler';
SQL
