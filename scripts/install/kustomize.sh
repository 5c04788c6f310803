#!/usr/bin/env bash
# Installs kustomize, which the tests of internal/engine/kustomize compare with, into
# .tools/bin: the release that is made of the version of its library in go.mod.
set -euo pipefail
cd "$(dirname "$0")/../.."

kustomize_version=v5.8.1
if ! go version -m .tools/bin/kustomize 2>/dev/null | grep -qF "$kustomize_version"; then
  GOBIN="$PWD/.tools/bin" go install "sigs.k8s.io/kustomize/kustomize/v5@$kustomize_version"
fi
