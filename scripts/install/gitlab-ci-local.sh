#!/usr/bin/env bash
# Installs what the tests of internal/engine/gitlab compare with: gitlab-ci-local with a
# Node that it runs on, from npm into .tools/gitlab (pinned by testdata/gitlab/npm), and
# Ruby from the distribution, whose YAML reader is the one of GitLab.
# It does nothing when they are there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

pins=testdata/gitlab/npm
home=.tools/gitlab
if ! cmp -s "$pins/package-lock.json" "$home/installed.json"; then
  mkdir -p "$home"
  cp "$pins/package.json" "$pins/package-lock.json" "$home/"
  npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  cp "$pins/package-lock.json" "$home/installed.json"
fi

bash scripts/apt.sh ruby=ruby git=git rsync=rsync
