# Source this first: what follows plays in a temporary folder, and installs there only what it names, pinned.
# shellcheck shell=bash
set -euo pipefail
findings=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# For findings/stand_in.py.
export PYTHONPATH=$findings PYTHONDONTWRITEBYTECODE=1
export GOBIN=$work/bin GOPATH=$work/go GOCACHE=$work/cache GOFLAGS='-mod=mod -modcacherw'

from_npm() {
  echo '{}' > package.json
  npm install --loglevel=error --no-update-notifier --no-audit --no-fund "$@" > /dev/null
}

from_pypi() {
  python3 -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check "$@"
}

# A program, below bin/.
go_program() {
  go install "$1" 2> /dev/null
}

# A module, for main.go.
go_module() {
  go mod init play 2> /dev/null
  go get "$1" 2> /dev/null
}
