#!/usr/bin/env bash
# Patroni runs this once in the life of a cluster, on its first primary: the service's logins and database, by the very
# script that makes them on a single server.
set -euo pipefail

export POSTGRES_USER=postgres
exec bash /docker-entrypoint-initdb.d/10-roles.sh
