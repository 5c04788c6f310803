#!/usr/bin/env bash
# Installs the data stores that logins are tried against: Redis, PostgreSQL, MariaDB. The tests
# start them on loopback with data of their own; none runs as a service.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Packages of servers start them when they are installed, unless this says otherwise.
policy=/usr/sbin/policy-rc.d
if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1 || true)
PATH="$PATH:$postgres:/usr/sbin" bash scripts/apt.sh redis-server=redis-server postgres=postgresql mariadbd=mariadb-server psql=postgresql-client
