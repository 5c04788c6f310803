#!/usr/bin/env bash
# Runs `keyfit check` with the inputs of the action. Inputs are data here: they become
# arguments, and nothing evaluates them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/action/lib.sh
. "$here/lib.sh"

arguments=(check --format github)
sarif=

# option FLAG VALUE adds a flag, unless its value is empty.
option() { if [ -n "$2" ]; then arguments+=("$1" "$2"); fi; }

# switch NAME FLAG VALUE adds a flag for "true".
switch() {
  case $3 in
    true) arguments+=("$2") ;;
    "" | false) ;;
    *) fail "the input \"$1\" is \"$3\", expected true or false" ;;
  esac
}

# words SEPARATORS TEXT splits text into the array `list`, without globs and quotes.
words() {
  local IFS=$1 noglob=$-
  set -f
  # shellcheck disable=SC2206
  list=($2)
  case $noglob in *f*) ;; *) set +f ;; esac
}

# absolute INPUT PATH gives the absolute path of a report; a relative one starts where the
# step starts, whatever the working directory is set to.
absolute() {
  case $2 in
    *$'\n'* | *$'\r'*) fail "the input \"$1\" must be a single line" ;;
    /* | [A-Za-z]:[\\/]*) printf '%s\n' "$2" ;;
    *) printf '%s\n' "$(native_path "$PWD")/$2" ;;
  esac
}

# report_path gives the path of the JSON report, which is always written.
report_path() {
  local dir
  if [ -n "$1" ]; then
    absolute output "$1"
    return
  fi
  dir=$(mktemp -d "$(unix_path "$RUNNER_TEMP")/keyfit-report.XXXXXX")
  printf '%s\n' "$(native_path "$dir")/report.json"
}

# further FORMAT PATH adds another report, unless its path is empty, and gives its absolute
# path in the variable `path`.
further() {
  path=
  [ -n "$2" ] || return 0
  path=$(absolute "$1" "$2")
  arguments+=(--output "$1=$path")
}

main() {
  : "${KEYFIT_BINARY:?}" "${GITHUB_OUTPUT:?}" "${RUNNER_TEMP:?}"
  local list report word path
  report=$(report_path "${KEYFIT_INPUT_OUTPUT:-}")

  arguments+=(--output "json=$report")
  further junit "${KEYFIT_INPUT_JUNIT:-}"
  further html "${KEYFIT_INPUT_HTML:-}"
  further sarif "${KEYFIT_INPUT_SARIF:-}"
  sarif=$path
  option -C "${KEYFIT_INPUT_DIRECTORY:-}"
  option --config "${KEYFIT_INPUT_CONFIG:-}"
  option --fail-on "${KEYFIT_INPUT_FAIL_ON:-}"
  option --on-unverified "${KEYFIT_INPUT_ON_UNVERIFIED:-}"
  option --on-nothing "${KEYFIT_INPUT_ON_NOTHING:-}"
  option --ca-file "${KEYFIT_INPUT_CA_FILE:-}"
  switch offline --offline "${KEYFIT_INPUT_OFFLINE:-}"
  words $', \t\r\n' "${KEYFIT_INPUT_ENVIRONMENT:-}"
  for word in ${list[@]+"${list[@]}"}; do option -e "$word"; done
  words $' \t\r\n' "${KEYFIT_INPUT_ARGS:-}"
  for word in ${list[@]+"${list[@]}"}; do arguments+=("$word"); done

  "$(unix_path "$KEYFIT_BINARY")" "${arguments[@]}"
}

# finish lets a step that ends before it could say its result say "error", and names the
# SARIF report only when it is there: an upload of nothing would fail.
finish() {
  if [ -n "$sarif" ] && [ -s "$(unix_path "$sarif")" ]; then set_output sarif-path "$sarif"; fi
  grep -q '^result' "$(unix_path "$GITHUB_OUTPUT")" || set_output result error
}

trap finish EXIT
main
