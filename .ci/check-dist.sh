#!/usr/bin/env bash
# Rebuilds dist/ and fails unless the result is identical to what is committed.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run --silent build
changes="$(git status --porcelain --untracked-files=all -- dist)"
if [[ -n "$changes" ]]; then
  echo "dist/ does not match src/. Run 'npm run build' and commit dist/:"
  echo "$changes"
  exit 1
fi
echo "dist/ matches src/"
