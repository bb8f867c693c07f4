#!/usr/bin/env bash
# On Node.js 26, octokit's error for a HEAD that failed has no message: fetch now speaks HTTP/2, which has no
# reason phrase.
#
# A response to HEAD has no body, so octokit takes the reason phrase for the message. Node.js 24 asks for HTTP/1.1
# and reports "Not Found". Node.js 26 negotiates HTTP/2 where the server knows it, and the message is empty: a
# script that prints it, and nothing else, fails without a reason once only Node.js was updated.
#
# Seen 2026-11-29 with @octokit/core 7.0.8 on Node.js 24.21.0 and 26.12.1 (from npm, Linux); output at the end.
# Needs: Linux, bash, Node.js 20 or newer, npm and its registry, openssl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
package=node-linux-$(node --print process.arch)
npm install --loglevel=error --no-update-notifier --no-audit --no-fund @octokit/core@7.0.8 \
  "node24@npm:$package@24.21.0" "node26@npm:$package@26.12.1" > /dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout key.pem -out certificate.pem 2> /dev/null

cat > play.mjs <<'PLAY'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { Octokit } from '@octokit/core'

let version = ''
const tls = { key: readFileSync('key.pem'), cert: readFileSync('certificate.pem'), allowHTTP1: true }
const github = createSecureServer(tls, (request, response) => {
  version = request.httpVersion
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end(request.method === 'HEAD' ? undefined : '{"message":"Not Found"}')
})
await once(github.listen(0), 'listening')
const octokit = new Octokit({
  baseUrl: `https://localhost:${github.address().port}`,
  log: { debug() {}, info() {}, warn() {}, error() {} },
})
for (const method of ['GET', 'HEAD']) {
  try {
    await octokit.request(`${method} /repos/octo-org/app`)
  } catch ({ status, message }) {
    const node = `Node.js ${process.versions.node.split('.')[0]}`
    console.log(`${node}, HTTP/${version}, ${method}: ${status} "${message}"`)
  }
}
process.exit()
PLAY
for node in node24 node26; do NODE_EXTRA_CA_CERTS=certificate.pem "node_modules/$node/bin/node" play.mjs; done | tee seen.txt

diff - seen.txt <<'SEEN'
Node.js 24, HTTP/1.1, GET: 404 "Not Found"
Node.js 24, HTTP/1.1, HEAD: 404 "Not Found"
Node.js 26, HTTP/2.0, GET: 404 "Not Found"
Node.js 26, HTTP/2.0, HEAD: 404 ""
SEEN
