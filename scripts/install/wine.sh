#!/usr/bin/env bash
# Installs wine, whose cmd the tests of internal/engine/batch compare with, with a compiler for the
# programs that it starts there, and makes
# its directory in .tools/wine.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash scripts/apt.sh wine=wine wineserver=wine64 x86_64-w64-mingw32-gcc=gcc-mingw-w64-x86-64-win32
export WINEPREFIX="$PWD/.tools/wine" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
[ -f "$WINEPREFIX/system.reg" ] || wineboot --init >/dev/null 2>&1
