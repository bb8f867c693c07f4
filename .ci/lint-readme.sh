#!/usr/bin/env bash
# Lints the workflows that the README shows, against the inputs and outputs that action.yml declares.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

actionlint_dir="$(install_actionlint)"
linters_dir="$(install_python_linters)"
export PATH="$actionlint_dir:$linters_dir:$PATH"

# actionlint looks for local actions in the repository around a workflow, so lay out one.
project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT
mkdir -p "$project/.git" "$project/.github/workflows"
ln -s "$PWD/dist" "$project/dist"
for action in action.yml */action.yml; do
  mkdir -p "$project/$(dirname "$action")"
  cp "$action" "$project/$action"
done

node scripts/extract-workflows.js "$project/.github/workflows" README.md
cd "$project"
# The examples name versions by tag, as users do until Dependabot pins them. Their local actions are
# this one in disguise.
cat >zizmor.yml <<'YAML'
rules:
  self-repository:
    disable: true
  unpinned-uses:
    disable: true
YAML
actionlint .github/workflows/*.yml
zizmor --offline --no-progress --config zizmor.yml .github/workflows
