#!/usr/bin/env bash
# `npm start` in a fresh clone, with nothing installed. It may install package.json's `dependencies`, and nothing
# else, the first time.
set -euo pipefail
cd "$(dirname "$0")/.."

clone="$(mktemp -d)"
trap 'rm -rf "$clone"' EXIT
git clone --quiet . "$clone"
cd "$clone"
npm start
[[ "$(ls node_modules)" == $'blakejs\ntweetnacl\nyaml' ]]
again="$(npm start)"
[[ "$again" != *Installing* ]]
[[ -z "$(git status --porcelain)" ]]
