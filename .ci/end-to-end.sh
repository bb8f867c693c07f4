#!/usr/bin/env bash
# Runs .github/workflows/e2e.yml on this machine with act, then checks its log: every job succeeded,
# every key and token was masked, no sealed value is shown, the post step cleaned up.
#
# act stands in for GitHub's runner and copies the folder it runs in; it takes Node.js from PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/tools.sh

act_dir="$(install_act)"
node_dir="$(install_node 24)"
export PATH="$node_dir:$act_dir:$PATH"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
log="$scratch/act.log"

copy="$scratch/copy"
copy_repository "$copy"
cd "$copy"

# A separate home, so that no ~/.actrc applies and nothing is left behind.
run_act() {
  env HOME="$scratch/home" XDG_CACHE_HOME="$scratch/home/.cache" XDG_CONFIG_HOME="$scratch/home/.config" \
    ACT_DISABLE_VERSION_CHECK=1 \
    act workflow_dispatch --workflows .github/workflows/e2e.yml \
    --platform ubuntu-latest=-self-hosted --no-cache-server --pull=false \
    --env GITHUB_RUN_ID=8675309001 "$@" </dev/null
}

jobs="$(run_act --list 2>/dev/null | tail -n +2 | grep -c e2e.yml)"
status=0
run_act >"$log" 2>&1 || status=$?

# act logs each variable a step sets. The sandbox sets the org key and its tokens before any action can
# mask them.
shown="$scratch/shown.log"
grep -vE '::set-env:: (JUNCTION_ORG_KEY=mg|SANDBOX_(GITHUB|WORKFLOW)_TOKEN=ghs)_sandbox_[A-Za-z0-9_-]+$' \
  "$log" >"$shown" || true

failures=()
# expect TIMES PATTERN WHAT: exactly TIMES lines of the log must match.
expect() {
  local found
  found="$(grep -cE -- "$2" "$shown" || true)"
  [[ "$found" == "$1" ]] || failures+=("$3: expected $1, found $found lines like /$2/")
}
[[ "$status" == 0 ]] || failures+=("act exited with $status")
expect "$jobs" 'Job succeeded' 'Jobs that succeed'
expect 0 'mg_sandbox_' 'Keys in the log'
expect 0 'ghs_sandbox_' 'Tokens in the log'
# A sealed value is the longest text without a dot, dash or underscore.
expect 0 '[A-Za-z0-9+/]{100,}' 'Sealed values in the log'
expect 1 'The new key reads <\*\*\*>' 'The masked new key'
expect 1 'The org key reads <\*\*\*>' 'The masked org key'
expect 5 'Summary - .*Created Management Key' 'Summaries of a created key'
expect "$jobs" 'As expected after the job: ' 'Checks after the job'
expect "$jobs" 'Stopped the sandbox' 'Sandboxes stopped'

if ((${#failures[@]} > 0)); then
  sed -E 's/(mg|ghs)_sandbox_[A-Za-z0-9_-]+/\1_sandbox_(LEAKED)/g' "$shown"
  printf '\n%s\n' "${failures[@]}"
  exit 1
fi
echo "$jobs jobs succeeded, and the log contains no key, token or sealed value"
