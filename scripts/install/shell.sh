#!/usr/bin/env bash
# Installs what the tests of the script engine compare with: bash, dash, busybox, jq, envsubst and,
# into .tools/bin, yq.
set -euo pipefail
cd "$(dirname "$0")/../.."

yq_version=v4.47.2
if ! .tools/bin/yq --version 2>/dev/null | grep -qF "$yq_version"; then
  GOBIN="$PWD/.tools/bin" go install "github.com/mikefarah/yq/v4@$yq_version"
fi

bash scripts/apt.sh bash=bash dash=dash jq=jq envsubst=gettext-base unshare=util-linux busybox=busybox
