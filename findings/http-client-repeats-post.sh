#!/usr/bin/env bash
# @actions/http-client sends a POST with its body a second time when the response is 303 See Other.
#
# 303 means "done; read the result there with GET" (RFC 9110, 15.4.4), and Node.js' fetch does that. This
# client keeps the method and the body for every redirect, which it follows by default: what the POST
# creates, exists twice. To another host it drops `authorization`, but keeps a credential in a header of any
# other name, and it drops it from the caller's own object: the next request with that object has none.
#
# Seen 2026-11-29 with @actions/http-client 4.0.1 on Node.js 20.20; output at the end.
# Needs: bash, Node.js 20 or newer, npm and its registry.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
npm install --loglevel=error --no-update-notifier --no-audit --no-fund @actions/http-client@4.0.1 > /dev/null

cat > play.mjs <<'PLAY'
import { createServer } from 'node:http'
import { HttpClient } from '@actions/http-client'

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const { authorization, 'x-api-key': key, host } = request.headers
    const sent = `authorization ${authorization}, x-api-key ${key}`
    console.log(`  ${request.method} ${host.split(':')[0]}${request.url} "${body}", ${sent}`)
    const location = `http://localhost:${server.address().port}/jobs/1`
    if (request.url === '/jobs') response.writeHead(303, { location })
    response.end()
  })
})
await new Promise((resolve) => server.listen(0, resolve))
const url = `http://127.0.0.1:${server.address().port}/jobs`
const credentials = { authorization: 'Bearer fake', 'x-api-key': 'fake' }

console.log('@actions/http-client:')
const headers = { ...credentials }
await (await new HttpClient('play').post(url, 'one job', headers)).readBody()
console.log(`  the caller's headers: ${JSON.stringify(headers)}`)
console.log('fetch:')
await fetch(url, { method: 'POST', body: 'one job', headers: credentials })
server.close()
server.closeAllConnections()
PLAY
node play.mjs | tee seen.txt

diff - seen.txt <<'SEEN'
@actions/http-client:
  POST 127.0.0.1/jobs "one job", authorization Bearer fake, x-api-key fake
  POST localhost/jobs/1 "one job", authorization undefined, x-api-key fake
  the caller's headers: {"x-api-key":"fake"}
fetch:
  POST 127.0.0.1/jobs "one job", authorization Bearer fake, x-api-key fake
  GET localhost/jobs/1 "", authorization undefined, x-api-key fake
SEEN
