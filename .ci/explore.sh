#!/usr/bin/env bash
# explore.sh MAJOR OPTION…: the explorer, and the action it kills, under that line of Node.js.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

node_dir="$(install_node "$1")"
export PATH="$node_dir:$PATH" BUNDLE_NODE="$node_dir/node"
shift
echo "Node.js $(node --version)"
npm run --silent explore -- "$@"
