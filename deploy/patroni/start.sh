#!/usr/bin/env bash
# Gives Patroni its settings, the passwords from their files among them, and becomes it.
#
# Patroni takes passwords from its settings or its environment, from no file of their own. In the environment they would
# be known to PostgreSQL and all that it starts, and unknown to `patronictl`; so they are in a folder that is in memory.
set -euo pipefail

settings=/run/patroni
secret() { printf '%s' "$(<"/run/secrets/$1")"; }

umask 077
cp /table-order/patroni.yml "$settings/10-cluster.yml"
# The passwords are base64 letters (`make secrets`), or an operator's: quoted for YAML, an apostrophe is two.
quoted() { local text; text=$(secret "$1"); printf "'%s'" "${text//\'/\'\'}"; }
cat > "$settings/20-passwords.yml" <<SETTINGS
restapi:
  authentication:
    username: patroni
    password: $(quoted patroni_api_password)
postgresql:
  authentication:
    superuser: {username: postgres, password: $(quoted db_superuser_password)}
    replication: {username: table_order_replication, password: $(quoted db_replication_password)}
    rewind: {username: table_order_rewind, password: $(quoted db_rewind_password)}
SETTINGS
exec patroni "$settings"
