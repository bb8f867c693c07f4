#!/usr/bin/env bash
# Runs the workflows of examples/, the README and the docs with act against the sandbox (see .ci/examples/run.js).
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

act_dir="$(install_act)"
node_dir="$(install_node 24)"
export PATH="$node_dir:$act_dir:$PATH"
node .ci/examples/run.js
