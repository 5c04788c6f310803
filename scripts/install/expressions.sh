#!/usr/bin/env bash
# Installs the official evaluator of GitHub Actions' expressions, which the tests of
# internal/engine/github/expression ask, from npm into .tools/expressions (pinned by
# testdata/expressions/npm). It does nothing when it is there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

pins=testdata/expressions/npm
home=.tools/expressions
if ! cmp -s "$pins/package-lock.json" "$home/installed.json"; then
  mkdir -p "$home"
  cp "$pins/package.json" "$pins/package-lock.json" "$home/"
  npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  cp "$pins/package-lock.json" "$home/installed.json"
fi
