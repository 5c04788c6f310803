#!/usr/bin/env bash
# Installs wine, whose cmd the tests of internal/engine/batch compare with, and a compiler for
# the programs that they start there, and makes wine's directory in .tools/wine.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash scripts/apt.sh wine=wine wineserver=wine64 x86_64-w64-mingw32-gcc=gcc-mingw-w64-x86-64-win32

export WINEPREFIX="$PWD/.tools/wine" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
if [ ! -f "$WINEPREFIX/system.reg" ]; then
  mkdir -p "$WINEPREFIX"
  wineboot --init >/dev/null 2>&1
  wineserver --wait
fi
