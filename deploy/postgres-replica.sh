#!/usr/bin/env bash
# A standby of PRIMARY_HOST: copies it once, into an empty volume, and follows it from then on.
#
# The slot makes the primary keep what this one has not read yet, up to the primary's max_slot_wal_keep_size.
set -euo pipefail

: "${PRIMARY_HOST:?}" "${REPLICATION_PASSWORD_FILE:?}"

volume=/var/lib/postgresql/data
export PGDATA=$volume/standby

if [ ! -d "$PGDATA" ]; then
    chown postgres:postgres "$volume"
    # What an interrupted attempt has left; only a whole copy gets the name.
    rm -rf "$volume/copy"
    PGPASSWORD=$(<"$REPLICATION_PASSWORD_FILE") gosu postgres pg_basebackup \
        --host="$PRIMARY_HOST" --username=table_order_replication --pgdata="$volume/copy" \
        --write-recovery-conf --slot=table_order_replica --checkpoint=fast
    mv "$volume/copy" "$PGDATA"
fi
exec docker-entrypoint.sh postgres
