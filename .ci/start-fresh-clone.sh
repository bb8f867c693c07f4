#!/usr/bin/env bash
# start-fresh-clone.sh MAJOR: `npm start` in a fresh clone, with nothing installed, under that Node.js.
# It may install package.json's `dependencies`, and nothing else, the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

node_dir="$(install_node "$1")"
export PATH="$node_dir:$PATH"

clone="$(mktemp -d)"
trap 'rm -rf "$clone"' EXIT
git clone --quiet . "$clone"
cd "$clone"
echo "Node.js $(node --version)"
npm start
[[ "$(ls node_modules)" == $'blakejs\ntweetnacl\nyaml' ]]
again="$(npm start)"
[[ "$again" != *Installing* ]]
[[ -z "$(git status --porcelain)" ]]
