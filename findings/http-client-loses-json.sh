#!/usr/bin/env bash
# @actions/http-client returns a JSON response as `null`, with its status of success and no error, when a gateway
# compressed it or put a byte order mark before it.
#
# It asks for no compression and never undoes one, as a gateway may add without being asked; and where the body is
# not plain JSON, it hides the error of the parser. After a POST, what was created exists, and its ID is lost.
# Node.js' fetch reads both.
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
import { gzipSync } from 'node:zlib'
import { HttpClient } from '@actions/http-client'

const json = '{"id":"7"}'
const responses = {
  plain: [json, {}],
  gzip: [gzipSync(json), { 'content-encoding': 'gzip' }],
  'byte order mark': [`\ufeff${json}`, {}],
}
const server = createServer((request, response) => {
  const [body, headers] = responses[decodeURIComponent(request.url.slice(1))]
  request.resume()
  response.writeHead(201, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(body)
})
await new Promise((resolve) => server.listen(0, resolve))
for (const name of Object.keys(responses)) {
  const url = `http://127.0.0.1:${server.address().port}/${encodeURIComponent(name)}`
  const { statusCode, result } = await new HttpClient().postJson(url, {})
  console.log(`${name}: http-client: ${statusCode}, ${JSON.stringify(result)}`)
  const fetched = await fetch(url, { method: 'POST', body: '{}' })
  console.log(`${name}: fetch: ${fetched.status}, ${JSON.stringify(await fetched.json())}`)
}
server.close()
server.closeAllConnections()
PLAY
node play.mjs | tee seen.txt

diff - seen.txt <<'SEEN'
plain: http-client: 201, {"id":"7"}
plain: fetch: 201, {"id":"7"}
gzip: http-client: 201, null
gzip: fetch: 201, {"id":"7"}
byte order mark: http-client: 201, null
byte order mark: fetch: 201, {"id":"7"}
SEEN
