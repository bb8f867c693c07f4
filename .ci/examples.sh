#!/usr/bin/env bash
# Lints the workflows of examples/ and the reusable one they call, then runs each of them with act
# against the sandbox, through its whole story (see .ci/examples/run.js).
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

act_dir="$(install_act)"
actionlint_dir="$(install_actionlint)"
linters_dir="$(install_python_linters)"
node_dir="$(install_node 24)"
export PATH="$node_dir:$act_dir:$actionlint_dir:$linters_dir:$PATH"

# Security is judged as the files are. The actions of this repository are named by a tag, as users do
# until Dependabot pins them; all others must be pinned.
project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT
cat >"$project/zizmor.yml" <<'YAML'
rules:
  unpinned-uses:
    config:
      policies:
        OWNER/junction-management-key: ref-pin
        OWNER/junction-management-key/*: ref-pin
        "*": hash-pin
YAML
zizmor --offline --no-progress --persona pedantic --config "$project/zizmor.yml" \
  examples/*.yml .github/workflows/preview-key.yml

# actionlint knows the inputs and outputs of local actions only, and looks for those in the repository
# around a workflow. So lay one out, in which each reference to this repository is a local one.
mkdir -p "$project/.git" "$project/.github/workflows"
cp -R action.yml revoke prune "$project"
ln -s "$PWD/dist" "$project/dist"
cp examples/*.yml .github/workflows/preview-key.yml "$project/.github/workflows"
sed --in-place --regexp-extended \
  's#(uses: )(OWNER/junction-management-key|\$)(/[^@ ]*)?(@v1)?$#\1.\3#; s#(uses: \.)$#\1/#' \
  "$project"/.github/workflows/*.yml
(cd "$project" && actionlint .github/workflows/*.yml)

node .ci/examples/run.js
