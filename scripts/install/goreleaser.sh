#!/usr/bin/env bash
# Builds goreleaser into .tools/bin, for the dry run of a release. That takes minutes, so it is
# left out together with the heavy servers (KEYFIT_HEAVY=0). It does nothing when that version is
# there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=v2.15.0
if [ "${KEYFIT_HEAVY:-1}" = 0 ]; then
  exit 0
fi
if [[ "$(go version -m .tools/bin/goreleaser 2>/dev/null)" != *"	mod	github.com/goreleaser/goreleaser/v2	$version	"* ]]; then
  CGO_ENABLED=0 GOBIN="$PWD/.tools/bin" nice go install -ldflags "-s -w -X main.version=$version" "github.com/goreleaser/goreleaser/v2@$version"
fi
