#!/usr/bin/env bash
# Builds the servers that internal/probe/servers asks and that no package manager has: Gitea with
# the files that it reads, MinIO with the program that brings its users into their states, and the
# API server of Kubernetes. Each is pinned by a module under tools/. Without what the Go build
# cache remembers that takes minutes; it does nothing for what is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.tools/bin
mkdir -p "$bin" .tools/servers

# is NAME MODULE VERSION: whether that version was built.
is() { [[ "$(go version -m "$bin/$1" 2>/dev/null)" == *"	mod	$2	$3	"* ]]; }

# build FOLDER NAME PACKAGE FLAG...: builds a package of the module in FOLDER. NAME is there once
# all of it is.
build() {
  local folder=$1 name=$2 package=$3 began=$SECONDS
  shift 3
  (cd "tools/$folder" && nice go build -mod=readonly "$@" -o "$bin/$name.built" "$package")
  mv "$bin/$name.built" "$bin/$name"
  echo "$name: built in $((SECONDS - began)) s"
}

gitea=v1.26.0
if ! is gitea code.gitea.io/gitea "$gitea" || [ ! -d .tools/servers/gitea ]; then
  build gitea gitea code.gitea.io/gitea -tags 'sqlite sqlite_unlock_notify' -ldflags '-s -w'
  files=$(cd tools/gitea && go list -m -f '{{.Dir}}' code.gitea.io/gitea)
  rm -rf .tools/servers/gitea.new .tools/servers/gitea
  mkdir .tools/servers/gitea.new
  cp -r "$files/options" "$files/templates" "$files/public" .tools/servers/gitea.new/
  chmod -R u+w .tools/servers/gitea.new
  mv .tools/servers/gitea.new .tools/servers/gitea
fi

minio=v0.0.0-20260212201848-7aac2a2c5b7c
if ! is minio github.com/minio/minio "$minio"; then
  build minio minio github.com/minio/minio -ldflags '-s -w'
fi
admin=$(cat tools/minio/go.mod tools/minio/admin/main.go | cksum)
if [ ! -x "$bin/minio-admin" ] || [ "$(cat "$bin/minio-admin.version" 2>/dev/null)" != "$admin" ]; then
  build minio minio-admin ./admin -ldflags '-s -w'
  echo "$admin" >"$bin/minio-admin.version"
fi

kubernetes=v1.34.4
if ! is kube-apiserver k8s.io/kubernetes "$kubernetes"; then
  # It says its own version, as a release does.
  version=k8s.io/component-base/version
  build kubernetes kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver \
    -ldflags "-s -w -X $version.gitVersion=$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=34"
fi
