#!/usr/bin/env bash
# Lints the workflows of examples/, then runs them and those of the README and the docs with act against
# the sandbox (see .ci/examples/run.js).
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

act_dir="$(install_act)"
actionlint_dir="$(install_actionlint)"
linters_dir="$(install_python_linters)"
node_dir="$(install_node 24)"
export PATH="$node_dir:$act_dir:$actionlint_dir:$linters_dir:$PATH"

# Users reference the actions of this repository by tag until Dependabot pins them; all others must be pinned.
settings="$(mktemp)"
trap 'rm -f "$settings"' EXIT
cat >"$settings" <<'YAML'
rules:
  unpinned-uses:
    config:
      policies:
        OWNER/junction-management-key: ref-pin
        OWNER/junction-management-key/*: ref-pin
        "*": hash-pin
YAML
zizmor --offline --no-progress --persona pedantic --config "$settings" examples/*.yml
lint_inputs examples/*.yml

node .ci/examples/run.js
