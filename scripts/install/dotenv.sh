#!/usr/bin/env bash
# Installs the real readers of .env files that the tests of internal/engine/dotenv ask:
# dotenv, dotenv-expand and @next/env from npm and two versions of Node into .tools/dotenv
# (pinned by testdata/dotenv/npm), and python-dotenv from the distribution.
# It does nothing when they are there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

pins=testdata/dotenv/npm
home=.tools/dotenv
if ! cmp -s "$pins/package-lock.json" "$home/installed.json"; then
  mkdir -p "$home"
  cp "$pins/package.json" "$pins/package-lock.json" "$home/"
  npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  cp "$pins/package-lock.json" "$home/installed.json"
fi

# The package has no command of its own: the name that cannot be found asks for it.
if ! /usr/bin/python3 -c 'import dotenv' 2>/dev/null; then
  bash scripts/apt.sh python-dotenv-for-python3=python3-dotenv
fi
