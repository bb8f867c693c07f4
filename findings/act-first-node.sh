#!/usr/bin/env bash
# act runs a JavaScript action with the first `node` in PATH, whatever version the action asks for.
#
# GitHub's runner brings its own Node.js for `using: node24`. act starts `node` as the job finds it: an action for
# Node.js 24 runs on 18, and fails only where it uses what is newer. No line of the log names the version.
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
mkdir -p .github/workflows action first
cat > action/action.yml <<'ACTION'
name: Play
description: Prints a line
runs: { using: node24, main: main.js }
ACTION
echo 'console.log(`run by Node.js ${process.version}`)' > action/main.js
cat > .github/workflows/play.yml <<'WORKFLOW'
on: push
jobs: { play: { runs-on: ubuntu-latest, steps: [{ uses: actions/checkout@v4 }, { uses: ./action }] } }
WORKFLOW
# No Node.js at all.
cat > first/node <<'NODE'
#!/bin/sh
echo "run by the first node in PATH: $(basename "$1")"
NODE
chmod +x first/node
PATH="$work/first:$PATH" bin/act push --platform ubuntu-latest=-self-hosted 2>&1 |
  grep --only-matching '  | run by .*' | tee seen.txt

diff - seen.txt <<'SEEN'
  | run by the first node in PATH: main.js
SEEN
