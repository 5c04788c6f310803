#!/usr/bin/env bash
# Builds OpenTofu, which the tests of internal/engine/terraform compare with, into
# .tools/bin. That takes ten minutes of two processors. It does nothing when it is there
# already.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=v1.12.6
bin=$PWD/.tools/bin
if [ -x "$bin/tofu" ] && [ "$(cat "$bin/tofu.version" 2>/dev/null)" = "$version" ]; then
  exit 0
fi
mkdir -p "$bin"
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
# Its go.mod replaces modules, which `go install module@version` refuses.
dir=$(go mod download -json "github.com/opentofu/opentofu@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -r "$dir/." "$work/"
chmod -R u+w "$work"
(cd "$work" && CGO_ENABLED=0 nice go build -trimpath -o "$work/tofu.built" \
  -ldflags '-s -w -X github.com/opentofu/opentofu/version.dev=no' ./cmd/tofu)
mv "$work/tofu.built" "$bin/tofu"
echo "$version" >"$bin/tofu.version"
