#!/usr/bin/env bash
# Installs the clients that the tests of internal/deploy compare with: docker, kubectl,
# make and npm.
set -euo pipefail
cd "$(dirname "$0")/.."
bash ./apt.sh docker=docker.io kubectl=kubernetes-client make=make npm=npm
