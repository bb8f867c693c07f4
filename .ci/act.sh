#!/usr/bin/env bash
# Runs the end-to-end job and the workflows that users copy with act, against the sandbox (see .ci/act/run.js).
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

act_dir="$(install_act)"
node_dir="$(install_node 24)"
export PATH="$node_dir:$act_dir:$PATH"
node .ci/act/run.js
