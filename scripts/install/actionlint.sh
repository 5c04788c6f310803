#!/usr/bin/env bash
# Builds actionlint into .tools/bin: the tests of internal/ci read the workflows and the examples
# for GitHub with it. It does nothing when that version is there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=v1.7.12
if [[ "$(go version -m .tools/bin/actionlint 2>/dev/null)" != *"	mod	github.com/rhysd/actionlint	$version	"* ]]; then
  GOBIN="$PWD/.tools/bin" go install "github.com/rhysd/actionlint/cmd/actionlint@$version"
fi
