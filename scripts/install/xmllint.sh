#!/usr/bin/env bash
# Installs xmllint, with which the tests of internal/report compare JUnit files with a schema.
set -euo pipefail
cd "$(dirname "$0")/../.."

bash scripts/apt.sh xmllint=libxml2-utils
