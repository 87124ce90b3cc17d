#!/usr/bin/env bash
# Patroni runs this once in the life of a cluster, on its first primary: the service's logins and database, and what
# its log says, by the very scripts of a single server.
set -euo pipefail

export POSTGRES_USER=postgres
bash /docker-entrypoint-initdb.d/10-roles.sh
bash /docker-entrypoint-initdb.d/40-pooler.sh
exec bash /docker-entrypoint-initdb.d/30-monitoring.sh
