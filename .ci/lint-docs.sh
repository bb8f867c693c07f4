#!/usr/bin/env bash
# Lints the workflows of examples/, and those that the README and the other pages for users show, against the inputs
# and outputs that action.yml declares.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

actionlint_dir="$(install_actionlint)"
linters_dir="$(install_python_linters)"
export PATH="$actionlint_dir:$linters_dir:$PATH"

shown="$(mktemp -d)"
trap 'rm -rf "$shown"' EXIT
node scripts/extract-workflows.js "$shown"
# Users reference most versions by tag until Dependabot pins them.
cat >"$shown/zizmor.yaml" <<'YAML'
rules:
  unpinned-uses:
    disable: true
YAML
zizmor --offline --no-progress --config "$shown/zizmor.yaml" "$shown"/*.yml
# Examples pin everything else.
cat >"$shown/zizmor.yaml" <<'YAML'
rules:
  unpinned-uses:
    config:
      policies:
        OWNER/junction-management-key: ref-pin
        OWNER/junction-management-key/*: ref-pin
        "*": hash-pin
YAML
zizmor --offline --no-progress --persona pedantic --config "$shown/zizmor.yaml" examples/*.yml
lint_inputs "$shown"/*.yml examples/*.yml
