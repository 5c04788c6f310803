#!/usr/bin/env bash
# Installs the servers that internal/probe/servers asks: Redmine, RabbitMQ, NATS, etcd, InfluxDB
# and a forward proxy from the distribution, an OpenID provider and a server that says yes to
# everything from npm into .tools/servers, a mock of Stripe into .tools/bin. The tests start them
# on loopback with data of their own; none runs as a service. It does nothing when they are there
# already.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Packages of servers start them when they are installed, unless this says otherwise.
policy=/usr/sbin/policy-rc.d
if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
PATH="$PATH:/usr/sbin:/usr/lib/rabbitmq/bin:/usr/share/redmine/bin" bash scripts/apt.sh \
  about=redmine about=redmine-sqlite ruby=ruby sqlite3=sqlite3 \
  rabbitmq-server=rabbitmq-server nats-server=nats-server etcd=etcd-server influxd=influxdb squid=squid node=nodejs npm=npm

# A Redmine without data: the package made it for itself, and only root may read it.
home=.tools/servers
mkdir -p "$home"
if [ ! -s "$home/redmine.sqlite3" ]; then
  sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" cat /var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default >"$home/redmine.new"
  mv "$home/redmine.new" "$home/redmine.sqlite3"
fi

pins=internal/probe/servers/testdata/npm
if ! cmp -s "$pins/package-lock.json" "$home/npm/installed.json"; then
  mkdir -p "$home/npm"
  cp "$pins/package.json" "$pins/package-lock.json" "$home/npm/"
  npm ci --prefix "$home/npm" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  cp "$pins/package-lock.json" "$home/npm/installed.json"
fi

stripe=v0.203.0
if [[ "$(go version -m .tools/bin/stripe-mock 2>/dev/null)" != *"	mod	github.com/stripe/stripe-mock	$stripe	"* ]]; then
  CGO_ENABLED=0 GOBIN="$PWD/.tools/bin" nice go install -ldflags '-s -w' "github.com/stripe/stripe-mock@$stripe"
fi
