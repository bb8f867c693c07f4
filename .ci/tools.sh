# Source this file. Installs the tools that the checks need, each once, outside the repository, and copies the
# repository for those that change it. Each install function prints the folder to add to PATH.
# shellcheck shell=bash

readonly ACT_VERSION=0.2.89
readonly ACTIONLINT_VERSION=1.7.12
# One release for each line of Node.js that the project supports; keys of `install_node`.
declare -rA NODE_VERSIONS=([20]=20.20.2 [24]=24.21.0)

# Go, npm and pip need a home for their caches.
export HOME="${HOME:-/tmp/junction-management-key-home}"
readonly TOOLS_DIR="${CI_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/junction-management-key-ci}"

# install_node MAJOR: the machine's own Node.js if it has that major version, otherwise one from npm.
install_node() {
  local major=$1 version=${NODE_VERSIONS[$1]} arch
  if [[ "$(node --version)" == "v$major."* ]]; then
    dirname "$(command -v node)"
    return
  fi
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) echo "There is no Node.js package for $(uname -m)" >&2 && return 1 ;;
  esac
  install_once "node-$version" fetch_node "node-linux-$arch@$version"
  echo "$TOOLS_DIR/node-$version/node_modules/node-linux-$arch/bin"
}

install_act() { install_go_tool act "github.com/nektos/act@v$ACT_VERSION"; }

install_actionlint() {
  install_go_tool actionlint "github.com/rhysd/actionlint/cmd/actionlint@v$ACTIONLINT_VERSION"
}

install_go_tool() {
  install_once "$1-${2##*@v}" fetch_go_tool "$2"
  echo "$TOOLS_DIR/$1-${2##*@v}"
}

# zizmor and shellcheck.
install_python_linters() {
  local requirements name
  requirements="$(dirname "${BASH_SOURCE[0]}")/requirements.txt"
  name="python-$(sha256sum "$requirements" | cut -c1-16)"
  install_once "$name" fetch_python_tools "$requirements"
  echo "$TOOLS_DIR/$name/bin"
}

# install_once NAME FETCH ARGUMENT…: runs FETCH with the folder to fill and the arguments, unless NAME
# exists. The marker comes last, so that an interrupted install does not count.
install_once() {
  local name=$1 fetch=$2
  shift 2
  local folder="$TOOLS_DIR/$name"
  [[ -e "$folder/.complete" ]] && return
  rm -rf "$folder"
  mkdir -p "$folder"
  "$fetch" "$folder" "$@" >&2
  touch "$folder/.complete"
}

fetch_node() {
  npm install --prefix "$1" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "$2"
}

fetch_go_tool() {
  GOBIN=$1 go install "$2"
}

fetch_python_tools() {
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: \
    --require-hashes --requirement "$2"
}

# copy_repository FOLDER: makes it a repository of one commit, of only what git would commit here: no
# node_modules, no personal settings.
copy_repository() (
  set -e
  mkdir "$1"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do
      if [[ -f "$file" ]]; then printf '%s\0' "$file"; fi
    done |
    tar --create --null --files-from=- | tar --extract --directory "$1"
  cd "$1"
  git init --quiet --initial-branch=main
  git add --all
  git -c user.name=ci -c user.email=ci@localhost commit --quiet --message Copy
)
