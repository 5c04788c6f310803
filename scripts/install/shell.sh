#!/usr/bin/env bash
# Installs what the tests of the script engine compare with: bash, dash, jq, envsubst.
set -euo pipefail

declare -A package=([bash]=bash [dash]=dash [jq]=jq [envsubst]=gettext-base)
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
