#!/usr/bin/env bash
# Builds the real helmfile, whose answers testdata/helmfile holds, into .tools/bin. That
# takes ten minutes of two processors, so that the tests ask it only when it is there:
# run this before the answers are recorded anew. It does nothing when it is there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=v1.8.0
bin=$PWD/.tools/bin
if [ -x "$bin/helmfile" ] && [ "$(cat "$bin/helmfile.version" 2>/dev/null)" = "$version" ]; then
  exit 0
fi
mkdir -p "$bin"
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
# Its go.mod replaces modules, which `go install module@version` refuses.
dir=$(go mod download -json "github.com/helmfile/helmfile@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -r "$dir/." "$work/"
chmod -R u+w "$work"
(cd "$work" && go build -trimpath -ldflags '-s -w' -o "$bin/helmfile" .)
echo "$version" >"$bin/helmfile.version"
