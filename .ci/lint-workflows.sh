#!/usr/bin/env bash
# Lints everything that GitHub reads (workflows, actions, Dependabot's settings) and .ci itself; then the workflows of
# examples/, and those that the README and the other pages for users show, against the inputs and outputs that
# action.yml declares.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

actionlint_dir="$(install_actionlint)"
linters_dir="$(install_python_linters)"
export PATH="$actionlint_dir:$linters_dir:$PATH"

actionlint
zizmor --offline --no-progress --persona auditor .
node scripts/lint-gates.js
if command -v shellcheck >/dev/null; then shellcheck --external-sources .ci/run .ci/*.sh; fi

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

# actionlint knows the inputs and outputs of local actions only, so it sees a repository that contains the actions
# under their published names, and workflows in which the owner is ./OWNER.
project="$shown/project"
published="$project/OWNER/junction-management-key"
mkdir -p "$project/.git" "$project/.github/workflows" \
  "$published@v1" "$published/revoke@v1" "$published/prune@v1"
cp action.yml "$published@v1"
cp revoke/action.yml "$published/revoke@v1"
cp prune/action.yml "$published/prune@v1"
ln -s "$PWD/dist" "$published@v1/dist"
ln -s "$PWD/dist" "$published/dist"
cp "$shown"/*.yml examples/*.yml "$project/.github/workflows"
cd "$project"
sed --in-place --regexp-extended 's#(uses: )[^/ ]+(/junction-management-key)#\1./OWNER\2#' \
  .github/workflows/*.yml
actionlint
