#!/usr/bin/env bash
# octokit's throttling plugin waits a second before each write, so that forty secrets take forty seconds.
#
# Four PUTs of secrets in four repositories, started together, leave one after the other, a second apart;
# four GETs do not. GitHub's limit is eighty such requests in a minute, and a service that has refused nothing
# gives no reason to wait.
#
# Seen 2026-11-29 with @octokit/core 7.0.8 and @octokit/plugin-throttling 11.0.5 on Node.js 20.20; output at
# the end. Needs: bash, Node.js 20 or newer, npm and its registry.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
npm install --loglevel=error --no-update-notifier --no-audit --no-fund @octokit/core@7.0.8 @octokit/plugin-throttling@11.0.5 > /dev/null

cat > play.mjs <<'PLAY'
import { createServer } from 'node:http'
import { Octokit } from '@octokit/core'
import { throttling } from '@octokit/plugin-throttling'

const arrivals = []
const server = createServer((request, response) => {
  arrivals.push(performance.now())
  request.resume()
  response.writeHead(request.method === 'PUT' ? 204 : 200, { 'content-type': 'application/json' })
  response.end(request.method === 'PUT' ? undefined : '{}')
})
await new Promise((resolve) => server.listen(0, resolve))
const octokit = new (Octokit.plugin(throttling))({
  baseUrl: `http://127.0.0.1:${server.address().port}`,
  throttle: { onRateLimit: () => false, onSecondaryRateLimit: () => false },
})
const secret = { owner: 'octo-org', secret_name: 'TOKEN', key_id: '1', encrypted_value: 'c2VhbGVk' }
for (const method of ['GET', 'PUT']) {
  arrivals.length = 0
  const start = performance.now()
  const route = `${method} /repos/{owner}/{repo}/actions/secrets/{secret_name}`
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((repo) => octokit.request(route, { ...secret, repo })),
  )
  // A busy machine makes a request late, never early.
  const wait = arrivals.at(-1) - start > 2900 ? 'three seconds' : 'no pause'
  console.log(`${method}: ${arrivals.length} requests, the last one after ${wait}`)
}
server.close()
server.closeAllConnections()
PLAY
node play.mjs | tee seen.txt

diff - seen.txt <<'SEEN'
GET: 4 requests, the last one after no pause
PUT: 4 requests, the last one after three seconds
SEEN
