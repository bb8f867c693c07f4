#!/usr/bin/env bash
# `npm install --prefix DIR` forgets the machine's npmrc: its registry, proxy and certificate authority.
#
# --prefix says where to install, and as the global prefix it also says where the global npmrc is: npm then reads
# DIR/etc/npmrc, which is rarely there. Behind a private authority the same install that works with `cd DIR` ends
# with SELF_SIGNED_CERT_IN_CHAIN, or asks another registry.
#
# Seen 2026-11-29 with npm 11.6.2 on Node.js 20.20; output at the end.
# Needs: bash, Node.js 20 or newer, npm and its registry.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
npm install --loglevel=error --no-update-notifier --no-audit --no-fund npm@11.6.2 > /dev/null

# The machine's settings, where an npm that is installed in this prefix looks for them.
mkdir -p machine/etc app
cat > machine/etc/npmrc <<'NPMRC'
registry=https://npm.corp.example/
https-proxy=http://proxy.corp.example:3128/
cafile=/etc/ssl/corp.pem
NPMRC
show() {
  local where=$1
  shift
  for name in registry https-proxy cafile; do
    echo "$where: $name: $(env -i PATH="$PATH" HOME="$work" PREFIX="$work/machine" node "$work/node_modules/npm/bin/npm-cli.js" config get "$name" "$@")"
  done
}
{
  (cd app && show 'in app')
  show '--prefix app' --prefix app
} | tee seen.txt

diff - seen.txt <<'SEEN'
in app: registry: https://npm.corp.example/
in app: https-proxy: http://proxy.corp.example:3128/
in app: cafile: /etc/ssl/corp.pem
--prefix app: registry: https://registry.npmjs.org/
--prefix app: https-proxy: null
--prefix app: cafile: null
SEEN
