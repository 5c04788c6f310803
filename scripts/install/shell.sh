#!/usr/bin/env bash
# Installs what the tests of the script engine compare with: bash, dash, busybox, jq, envsubst and,
# into .tools/bin, yq.
set -euo pipefail
cd "$(dirname "$0")/../.."

yq_version=v4.47.2
if ! .tools/bin/yq --version 2>/dev/null | grep -qF "$yq_version"; then
  GOBIN="$PWD/.tools/bin" go install "github.com/mikefarah/yq/v4@$yq_version"
fi

declare -A package=([bash]=bash [dash]=dash [jq]=jq [envsubst]=gettext-base [unshare]=util-linux [busybox]=busybox)
missing=()
for tool in "${!package[@]}"; do
  command -v "$tool" >/dev/null 2>&1 || missing+=("${package[$tool]}")
done
if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  sudo=(sudo)
fi
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
