#!/usr/bin/env bash
# A standby of PRIMARY_HOST: copies it into an empty volume, and follows it from then on.
#
# Its slot makes the primary keep what this one has not read yet, up to the primary's max_slot_wal_keep_size. The slot is
# made with the copy, so it stands for it: a primary that was restored has none, and one that had to keep too much has given
# it up. Either can't be followed any more, and is copied anew; the standby looks for that while it runs, too.
#
# A primary that is another database is not copied over this one: it may be the last copy of what was there.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
    : "${PRIMARY_HOST:?}" "${REPLICATION_PASSWORD_FILE:?}"
    # libpq reads it for every new connection: `replica.sh load` takes up another password, with nothing restarted.
    PGPASSFILE=/var/lib/postgresql/replication.pass
    printf '*:*:*:table_order_replication:%s\n' "$(<"$REPLICATION_PASSWORD_FILE")" > "$PGPASSFILE.new"
    chmod 0600 "$PGPASSFILE.new"
    chown postgres:postgres "$PGPASSFILE.new"
    mv "$PGPASSFILE.new" "$PGPASSFILE"
    [ "${1:-}" != load ] || exit 0
    export PGPASSFILE
    chown postgres:postgres /var/lib/postgresql/data
    exec gosu postgres bash "$0"
fi

volume=/var/lib/postgresql/data
export PGDATA=$volume/standby
slot=table_order_replica
login=table_order_replication

ask() {
    PGCONNECT_TIMEOUT=5 psql -XAt "host=$PRIMARY_HOST user=$login dbname=postgres replication=true" --command "$1"
}

# Whether the primary keeps its log for this standby; one that does not answer may. A slot given up has no position.
followed() {
    local told
    told=$(ask "READ_REPLICATION_SLOT $slot" 2>/dev/null) || return 0
    [[ $told == physical\|?* ]]
}

refuse_another() {
    local there here
    there=$(ask IDENTIFY_SYSTEM | cut -d '|' -f 1)
    here=$(pg_controldata | sed -n 's/^Database system identifier: *//p')
    [ "$there" = "$here" ] && return
    echo "$PRIMARY_HOST is another database than the one copied here. To copy it: remove this container and its volume" >&2
    exit 1
}

copy() {
    # What an interrupted attempt has left; only a whole copy gets the name.
    rm -rf "$volume/copy"
    [ "$(ask "READ_REPLICATION_SLOT $slot")" = '||' ] || ask "DROP_REPLICATION_SLOT $slot WAIT"
    pg_basebackup --host="$PRIMARY_HOST" --username="$login" --pgdata="$volume/copy" \
        --write-recovery-conf --create-slot --slot="$slot" --checkpoint=fast &
    wait $!
    # Of a restore that the primary has had: they would hold for this one as well.
    sed -i -E '/^(restore_command|recovery_target)/d' "$volume/copy/postgresql.auto.conf"
    mv "$volume/copy" "$PGDATA"
}

# As the container's first process it would not hear them; a copy that is under way is begun again.
trap 'exit 1' INT TERM
if [ -d "$PGDATA" ] && ! followed; then
    refuse_another
    echo "$PRIMARY_HOST no longer keeps its log for this standby: copying it anew"
    rm -rf "$PGDATA"
fi
[ -d "$PGDATA" ] || copy

# Said here, since a copy of before has the password of its day in its own settings.
docker-entrypoint.sh postgres -c "primary_conninfo=host=$PRIMARY_HOST user=$login passfile=$PGPASSFILE" &
server=$!
trap 'kill -INT "$server"' INT TERM
while sleep 10; do
    # It ends, is started again, and begins above.
    followed || kill -INT "$server" || break
done &
while kill -0 "$server" 2>/dev/null; do
    status=0
    wait "$server" || status=$?
done
exit "$status"
