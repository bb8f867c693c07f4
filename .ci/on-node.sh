#!/usr/bin/env bash
# on-node.sh MAJOR COMMAND…: runs it, and the action that it starts, under that line of Node.js.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

node_dir="$(install_node "$1")"
export PATH="$node_dir:$PATH" BUNDLE_NODE="$node_dir/node"
echo "Node.js $(node --version)"
"${@:2}"
