#!/usr/bin/env bash
# Lints everything that GitHub reads (workflows, actions, Dependabot's settings) and .ci itself.
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
