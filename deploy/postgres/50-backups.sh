#!/usr/bin/env bash
# Runs once, when the database server is made: makes it known to the backups' repository, where it has one, so that the first
# segment of its log finds its place. Where that fails (the repository is away, or knows another server) the server is made
# all the same; the service `backup` goes on trying, and says why.
set -euo pipefail

config=/var/lib/table-order-backup/pgbackrest.conf
[ -f "$config" ] || exit 0

pgbackrest --config="$config" --stanza=table-order stanza-create || echo 'The repository does not know this server yet'
