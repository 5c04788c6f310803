#!/usr/bin/env bash
# Installs buildah, which the tests of internal/ci build and start the image with: it needs no
# daemon.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash scripts/apt.sh buildah=buildah
