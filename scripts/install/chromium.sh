#!/usr/bin/env bash
# Installs the browser that the tests of internal/report open the HTML report in, with the fonts
# that its screenshots are made with.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The fonts have no command of their own: the name that cannot be found asks for them.
if [ ! -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ]; then
  bash scripts/apt.sh fonts-for-screenshots=fonts-dejavu-core
fi
bash scripts/apt.sh chromium=chromium
