#!/usr/bin/env bash
# A member of the cluster with backups: it sends its log when it leads, and lets the backups in.
set -euo pipefail

# One more file of Patroni's settings, where start.sh puts the others.
cp /etc/pgbackrest/archiving.yml /run/patroni/30-archiving.yml
# A member is well without it; the next backup is not, and says so.
while :; do pgbackrest server || sleep 5; done &
exec bash /table-order/start.sh
