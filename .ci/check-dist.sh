#!/usr/bin/env bash
# Builds dist/ again and fails unless that gives, file for file, what is committed.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run --silent build
changes="$(git status --porcelain --untracked-files=all -- dist)"
if [[ -n "$changes" ]]; then
  echo "dist/ is not what src/ builds to. Run 'npm run build' and commit dist/:"
  echo "$changes"
  exit 1
fi
echo "dist/ is what src/ builds to"
