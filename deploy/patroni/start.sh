#!/usr/bin/env bash
# Gives Patroni its settings, the passwords from their files among them, and becomes it.
#
# Patroni takes passwords from its settings or its environment, from no file of their own. In the environment they would
# be known to PostgreSQL and all that it starts, and unknown to `patronictl`; so they are in a folder that is in memory.
set -euo pipefail

# start.sh: as a member's first process.  start.sh load: a running member takes up new passwords and a new certificate.
settings=/run/patroni
secret() { printf '%s' "$(<"/run/secrets/$1")"; }

umask 077
secret db_member_tls > "$settings/tls.new"
mv "$settings/tls.new" "$settings/tls.pem"
cp /table-order/patroni.yml "$settings/10-cluster.yml"
# The passwords are base64 letters (`make secrets`), or an operator's: quoted for YAML, an apostrophe is two.
quoted() { local text; text=$(secret "$1"); printf "'%s'" "${text//\'/\'\'}"; }
verified='sslmode: verify-full, sslrootcert: /run/secrets/database_ca'
cat > "$settings/20-passwords.yml" <<SETTINGS
restapi:
  authentication:
    username: patroni
    password: $(quoted patroni_api_password)
postgresql:
  authentication:
    superuser: {username: postgres, password: $(quoted db_superuser_password)}
    # Of another member: its certificate has to be the authority's, and for its name.
    replication: {username: table_order_replication, password: $(quoted db_replication_password), $verified}
    rewind: {username: table_order_rewind, password: $(quoted db_rewind_password), $verified}
SETTINGS
if [ "${1:-}" = load ]; then
    # By its number: the process that was started as `patroni`, whatever is process 1 of the container.
    exec kill -HUP "$(<"$settings/pid")"
fi
echo "$$" > "$settings/pid"
exec patroni "$settings"
