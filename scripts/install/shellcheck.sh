#!/usr/bin/env bash
# Installs ShellCheck, which the tests of internal/ci read every script and every command of the
# workflows with.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash scripts/apt.sh shellcheck=shellcheck
