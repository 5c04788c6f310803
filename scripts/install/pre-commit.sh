#!/usr/bin/env bash
# Installs the framework pre-commit, through which the tests of cmd/keyfit run the hooks.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash scripts/apt.sh pre-commit
