#!/usr/bin/env bash
# A workflow that GitHub runs fails before it gets there: act and actionlint reject what they do not know yet.
#
# act checks a workflow against a schema of its own and runs nothing of one with a newer key. actionlint knows
# the inputs of popular actions as they were at its own release, also for a tag that moves, such as @v3: it calls a
# new input undefined and a deprecated one required. With a full commit hash it does not look.
# Valid since 2026: `deployment` of a job's environment, `queue` of a concurrency group, and `client-id` of
# actions/create-github-app-token (3.1.0), which deprecates `app-id`.
#
# Seen 2026-11-29 with github.com/nektos/act 0.2.89 and github.com/rhysd/actionlint 1.7.12 (Go 1.26.8); output at
# the end. Needs: bash, git, go, the Go module proxy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOBIN=$work/bin GOPATH=$work/go GOCACHE=$work/cache GOFLAGS=-modcacherw
go install github.com/nektos/act@v0.2.89 2> /dev/null
go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 2> /dev/null

git init --quiet
mkdir -p .github/workflows
job='jobs: { one: { runs-on: ubuntu-latest, steps: [{ run: make }] } }'
app='steps: [{ uses: actions/create-github-app-token@VERSION, with: { client-id: a, private-key: b } }]'
cat > .github/workflows/deployment.yml <<WORKFLOW
on: push
${job/steps/environment: { name: staging, deployment: false \}, steps}
WORKFLOW
cat > .github/workflows/queue.yml <<WORKFLOW
on: push
concurrency: { group: rotation, queue: max }
$job
WORKFLOW
cat > .github/workflows/input-at-tag.yml <<WORKFLOW
on: push
jobs: { one: { runs-on: ubuntu-latest, ${app/VERSION/v3} } }
WORKFLOW
cat > .github/workflows/input-at-hash.yml <<WORKFLOW
on: push
jobs: { one: { runs-on: ubuntu-latest, ${app/VERSION/bcd2ba49218906704ab6c1aa796996da409d3eb1} } }
WORKFLOW

for name in deployment queue input-at-tag input-at-hash; do
  file=.github/workflows/$name.yml
  echo "$name, actionlint: $(bin/actionlint -format '{{range .}}{{.Message}}\n{{end}}' "$file" | grep -oE '^(unexpected key "\w+"|missing input "[a-z-]+"|input "[a-z-]+" is not defined)' | paste -sd, || true)"
  echo "$name, act: $(bin/act push --list --workflows "$file" 2>&1 | grep -oE 'Unknown Property (deployment|queue)' | sort -u || true)"
done | sed 's/: $/: accepted/' | tee seen.txt

diff - seen.txt <<'SEEN'
deployment, actionlint: accepted
deployment, act: Unknown Property deployment
queue, actionlint: unexpected key "queue"
queue, act: Unknown Property queue
input-at-tag, actionlint: missing input "app-id",input "client-id" is not defined
input-at-tag, act: accepted
input-at-hash, actionlint: accepted
input-at-hash, act: accepted
SEEN
