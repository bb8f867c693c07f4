#!/usr/bin/env bash
# octokit reports a 407 as status 500, without a message, a body or headers.
#
# The Fetch standard makes a 407 a network error, and Node.js' fetch follows it. octokit gives every network
# error the status 500, and plugin-retry repeats it three times. Whoever sits behind a gateway that asks for a
# password sees a nameless failure of GitHub.
#
# Seen 2026-11-29 with @octokit/core 7.0.8 and @octokit/plugin-retry 8.1.1 on Node.js 20.20; output at the end.
# Needs: bash, Node.js 20 or newer, npm and its registry.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
npm install --loglevel=error --no-update-notifier --no-audit --no-fund @octokit/core@7.0.8 @octokit/plugin-retry@8.1.1 > /dev/null

cat > play.mjs <<'PLAY'
import { createServer } from 'node:http'
import { Octokit } from '@octokit/core'
import { retry } from '@octokit/plugin-retry'

let requests = 0
let status = 407
const gateway = createServer((_, response) => {
  requests += 1
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end('{"message":"Sign in to the gateway"}')
})
await new Promise((resolve) => gateway.listen(0, resolve))
const baseUrl = `http://127.0.0.1:${gateway.address().port}`
const octokit = new (Octokit.plugin(retry))({
  baseUrl,
  retry: { retryAfterBaseValue: 1 },
  log: { debug() {}, info() {}, warn() {}, error() {} },
})
for (status of [403, 407]) {
  requests = 0
  try {
    await octokit.request('GET /user')
  } catch (error) {
    const response = error.response === undefined ? 'no response' : 'its response'
    const text = error.message.replace(/ - http.*/, '')
    console.log(`${status}: status ${error.status}, "${text}", ${response}, requests ${requests}`)
  }
}
gateway.close()
gateway.closeAllConnections()
PLAY
node play.mjs | tee seen.txt

diff - seen.txt <<'SEEN'
403: status 403, "Sign in to the gateway", its response, requests 1
407: status 500, "", no response, requests 4
SEEN
