#!/usr/bin/env bash
# Installs keyfit for this runner: a released binary whose SHA-256 stands in
# checksums.txt beside this script, or a build of the action's own checkout. A binary
# without a known checksum is never downloaded, and never started before it was compared.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/action/lib.sh
. "$here/lib.sh"
root=$(cd "$here/../.." && pwd)
table=$here/checksums.txt
releases=https://github.com/keyfit/keyfit/releases/download

main() {
  local version=${KEYFIT_INPUT_VERSION:-} dir
  os >/dev/null
  arch >/dev/null
  : "${RUNNER_TEMP:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_PATH:?}"
  dir=$(mktemp -d "$(unix_path "$RUNNER_TEMP")/keyfit.XXXXXX")
  if [ -z "$version" ] && used_by_path; then version=source; fi
  if [ "$version" = source ]; then
    build "$dir"
  else
    [ -n "$version" ] || version=$(newest)
    download "${version#v}" "$dir"
  fi
  native_path "$dir" >>"$(unix_path "$GITHUB_PATH")"
  set_output binary-path "$(native_path "$dir/$(program)")"
}

# used_by_path tells whether the workflow says `uses: ./…`: the action then lies in the
# workspace and not where the runner keeps downloaded actions.
used_by_path() {
  local workspace
  [ -n "${GITHUB_WORKSPACE:-}" ] || return 1
  workspace=$(cd "$(unix_path "$GITHUB_WORKSPACE")" && pwd) || return 1
  case $root/ in
    "$workspace"/*) return 0 ;;
  esac
  return 1
}

program() { if [ "$(os)" = windows ]; then echo keyfit.exe; else echo keyfit; fi; }

os() {
  case ${RUNNER_OS:-$(uname -s)} in
    Linux) echo linux ;;
    macOS | Darwin) echo darwin ;;
    Windows | MINGW* | MSYS*) echo windows ;;
    *) fail "there is no keyfit for the system \"${RUNNER_OS:-}\"; expected Linux, macOS or Windows" ;;
  esac
}

arch() {
  case ${RUNNER_ARCH:-$(uname -m)} in
    X64 | x86_64 | amd64) echo amd64 ;;
    ARM64 | arm64 | aarch64) echo arm64 ;;
    *) fail "there is no keyfit for the architecture \"${RUNNER_ARCH:-}\"; expected X64 or ARM64" ;;
  esac
}

build() {
  command -v go >/dev/null 2>&1 ||
    fail 'to build keyfit from source, put actions/setup-go before this step, or name a release with the input "version"'
  (cd "$root" && CGO_ENABLED=0 go build -trimpath -o "$1/$(program)" ./cmd/keyfit) ||
    fail "keyfit could not be built from source"
}

# newest gives the release that this version of the action belongs to: the last in the table.
newest() {
  local version
  version=$(awk '$1 !~ /^#/ && NF == 2 { split($2, part, "_"); last = part[2] } END { print last }' "$table")
  [ -n "$version" ] ||
    fail 'this version of the action belongs to no release: use the action at a released tag, or set the input "version" to "source"'
  printf '%s\n' "$version"
}

download() {
  local version=$1 dir=$2 archive want got base
  [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] ||
    fail "the input version \"$version\" is not a release, expected one such as 1.2.3, or \"source\""
  archive=keyfit_${version}_$(os)_$(arch).tar.gz
  want=$(awk -v name="$archive" '$2 == name { print $1 }' "$table")
  [[ $want =~ ^[0-9a-f]{64}$ ]] ||
    fail "no checksum of $archive is known to this version of the action: use the action at the tag of that release. Nothing was downloaded"
  base=$(download_base)
  fetch "$base/v$version/$archive" "$dir/$archive"
  got=$(sha256 "$dir/$archive")
  if [ "$got" != "$want" ]; then
    rm -f "$dir/$archive"
    fail "$archive has the wrong checksum, expected $want and got $got. It was deleted and never started"
  fi
  (cd "$dir" && tar -xzf "$archive" "$(program)" && rm -f "$archive" && chmod 755 "$(program)") ||
    fail "$archive could not be unpacked"
}

# download_base is GitHub. The tests may name a server on loopback; no other is heeded.
download_base() {
  if [[ ${KEYFIT_TEST_DOWNLOAD_BASE:-} =~ ^http://127\.0\.0\.1:[0-9]+$ ]]; then
    printf '%s\n' "$KEYFIT_TEST_DOWNLOAD_BASE"
  else
    printf '%s\n' "$releases"
  fi
}

fetch() {
  local protocol='=https'
  case $1 in http://127.0.0.1:*) protocol='=http' ;; esac
  curl --proto "$protocol" --proto-redir "$protocol" --tlsv1.2 --fail --silent --show-error --location \
    --retry 3 --connect-timeout 20 --max-time 300 --max-filesize 200000000 --output "$2" "$1" ||
    fail "could not download $1"
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

main
