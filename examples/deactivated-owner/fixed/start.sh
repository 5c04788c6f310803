#!/bin/sh
set -eu
set -a
. ./.env.production
set +a
exec ./bin/checkout --listen :8080
