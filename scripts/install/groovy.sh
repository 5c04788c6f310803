#!/usr/bin/env bash
# Installs Groovy, which the tests of internal/engine/jenkins compare with. The one of the
# distribution is of the version that Jenkins itself runs pipelines with: 2.4.21.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash scripts/apt.sh groovy=groovy dash=dash
