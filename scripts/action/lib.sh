# shellcheck shell=bash
# What both steps of the action share. Sourced; works with bash 3.2 (macOS) and Git for Windows.

# fail ends the step with an annotation. The text may hold what a user typed. It goes to
# standard error, which the runner reads too: standard output may be captured.
fail() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '::error title=keyfit::%s\n' "$text" >&2
  exit 2
}

# unix_path gives a path as bash wants it; windows runners name theirs D:\a\_temp.
unix_path() {
  if command -v cygpath >/dev/null 2>&1; then cygpath -u "$1"; else printf '%s\n' "$1"; fi
}

# native_path gives a path as the runner wants it.
native_path() {
  if command -v cygpath >/dev/null 2>&1; then cygpath -w "$1"; else printf '%s\n' "$1"; fi
}

# set_output NAME VALUE sets an output of the step; the value must be a single line.
set_output() {
  case $2 in
    *$'\n'* | *$'\r'*) fail "the output $1 must be a single line" ;;
  esac
  printf '%s=%s\n' "$1" "$2" >>"$(unix_path "$GITHUB_OUTPUT")"
}
