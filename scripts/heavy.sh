#!/usr/bin/env bash
# Builds the servers that internal/probe/servers asks and that no package manager has: Gitea with
# the files that it reads, and MinIO with the program that brings its users into their states.
# Each is pinned by a module under tools/. That takes minutes; it does nothing for what is there
# already.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.tools/bin
mkdir -p "$bin" .tools/servers

# is NAME MODULE VERSION: whether that version was built.
is() { [[ "$(go version -m "$bin/$1" 2>/dev/null)" == *"	mod	$2	$3	"* ]]; }

gitea=v1.26.0
if ! is gitea code.gitea.io/gitea "$gitea" || [ ! -d .tools/servers/gitea ]; then
  (cd tools/gitea && nice go build -mod=readonly -tags 'sqlite sqlite_unlock_notify' -ldflags '-s -w' -o "$bin/gitea.built" code.gitea.io/gitea)
  files=$(cd tools/gitea && go list -m -f '{{.Dir}}' code.gitea.io/gitea)
  rm -rf .tools/servers/gitea.new .tools/servers/gitea
  mkdir .tools/servers/gitea.new
  cp -r "$files/options" "$files/templates" "$files/public" .tools/servers/gitea.new/
  chmod -R u+w .tools/servers/gitea.new
  mv .tools/servers/gitea.new .tools/servers/gitea
  mv "$bin/gitea.built" "$bin/gitea"
fi

minio=v0.0.0-20260212201848-7aac2a2c5b7c
if ! is minio github.com/minio/minio "$minio" || [ ! -x "$bin/minio-admin" ] || [ tools/minio/admin/main.go -nt "$bin/minio-admin" ]; then
  (
    cd tools/minio
    nice go build -mod=readonly -ldflags '-s -w' -o "$bin/minio-admin" ./admin
    nice go build -mod=readonly -ldflags '-s -w' -o "$bin/minio.built" github.com/minio/minio
  )
  mv "$bin/minio.built" "$bin/minio"
fi
