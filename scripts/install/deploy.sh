#!/usr/bin/env bash
# Installs the clients that the tests of internal/deploy compare with: docker, kubectl,
# make and npm. It does nothing when they are there already.
set -euo pipefail

declare -A package=([docker]=docker.io [kubectl]=kubernetes-client [make]=make [npm]=npm)
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
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
