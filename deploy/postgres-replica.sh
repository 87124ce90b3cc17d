#!/usr/bin/env bash
# A standby of PRIMARY_HOST: copies it once, into an empty volume, and follows it from then on.
#
# The slot makes the primary keep what this one has not read yet, up to the primary's max_slot_wal_keep_size.
set -euo pipefail

: "${PRIMARY_HOST:?}" "${REPLICATION_PASSWORD_FILE:?}"

volume=/var/lib/postgresql/data
export PGDATA=$volume/standby

# In a file that libpq reads for every new connection: `replica.sh load` takes up another password, with nothing restarted.
passfile=/var/lib/postgresql/replication.pass
printf '*:*:*:table_order_replication:%s\n' "$(<"$REPLICATION_PASSWORD_FILE")" > "$passfile.new"
chmod 0600 "$passfile.new"
chown postgres:postgres "$passfile.new"
mv "$passfile.new" "$passfile"
[ "${1:-}" != load ] || exit 0
primary="host=$PRIMARY_HOST user=table_order_replication passfile=$passfile"

if [ ! -d "$PGDATA" ]; then
    chown postgres:postgres "$volume"
    # What an interrupted attempt has left; only a whole copy gets the name.
    rm -rf "$volume/copy"
    gosu postgres pg_basebackup --dbname="$primary" --pgdata="$volume/copy" \
        --write-recovery-conf --slot=table_order_replica --checkpoint=fast
    mv "$volume/copy" "$PGDATA"
fi
# Said here, since a copy of before has the password of its day in its own settings.
exec docker-entrypoint.sh postgres -c "primary_conninfo=$primary"
