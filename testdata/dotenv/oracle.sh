#!/bin/bash
# Sources each of the files 0.src, 1.src … of the directory $1 in a shell of its own, with
# the variables of the file N.env beside it set (NAME=value, ended by NUL), and writes
# what is exported to N.out. N.out is missing where the shell gave up.
cd "$1" || exit 1
shift
HOME=/home/user # not exported: only ~ sees it
for __src in [0-9]*.src; do
  __n=${__src%.src}
  (
    while IFS= read -r -d '' __pair; do export "${__pair?}"; done < "$__n.env"
    unset __pair
    set -a
    # shellcheck disable=SC1090
    . "./$__src" >/dev/null 2>&1 </dev/null
    exec /usr/bin/env -0 > "$__n.out"
  )
done
