#!/usr/bin/env bash
# act passes a job output that contains a masked value to the next job; GitHub drops it.
#
# On GitHub such an output arrives empty, with a warning in the log of the first job. A workflow that hands a key
# from job to job therefore works with act, and fails, or goes on with an empty key, where it counts.
#
# Seen 2026-11-29 with github.com/nektos/act 0.2.89 (Go 1.26.8), its host as the runner; output at the end.
# Needs: bash, git, go, the Go module proxy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOBIN=$work/bin GOPATH=$work/go GOCACHE=$work/cache GOFLAGS=-modcacherw
go install github.com/nektos/act@v0.2.89 2> /dev/null

git init --quiet
mkdir -p .github/workflows
cat > .github/workflows/play.yml <<'WORKFLOW'
on: push
jobs:
  create:
    runs-on: ubuntu-latest
    outputs:
      id: ${{ steps.make.outputs.id }}
      key: ${{ steps.make.outputs.key }}
    steps:
      - id: make
        run: |
          echo "::add-mask::not-a-real-key"
          echo "id=7" >> "$GITHUB_OUTPUT"
          echo "key=not-a-real-key" >> "$GITHUB_OUTPUT"
  use:
    needs: create
    runs-on: ubuntu-latest
    steps:
      - env:
          ID: ${{ needs.create.outputs.id }}
          KEY: ${{ needs.create.outputs.key }}
        run: echo "the id has ${#ID} character, the key has ${#KEY}"
WORKFLOW
bin/act push --platform ubuntu-latest=-self-hosted 2>&1 | grep --only-matching '  | the id has .*' | tee seen.txt

diff - seen.txt <<'SEEN'
  | the id has 1 character, the key has 14
SEEN
