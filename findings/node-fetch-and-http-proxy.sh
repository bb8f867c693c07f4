#!/usr/bin/env bash
# Two requests of one Node.js process read the same proxy variables in two ways: fetch is one reader, http.get the other.
#
# With NODE_USE_ENV_PROXY=1 both use a proxy without a library. But no_proxy=corp.test covers api.corp.test for
# fetch alone, and so do spaces between names and a final dot; a range of addresses counts for http.get alone. An
# empty http_proxy hides HTTP_PROXY from fetch, not from http.get. And with socks5:// fetch asks the proxy, while
# http.get connects directly, without a word. Both understand plain names, separated by commas.
#
# Seen 2026-11-29 with Node.js 26.12.1 (from npm, Linux); output at the end.
# Needs: Linux, bash, Node.js 20 or newer, npm and its registry.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
package=node-linux-$(node --print process.arch)
npm install --loglevel=error --no-update-notifier --no-audit --no-fund "$package@26.12.1" > /dev/null

cat > ask.cjs <<'ASK'
const [, , address, how] = process.argv
if (how === 'fetch') fetch(address).catch(() => {})
else require('node:http').get(address, (response) => response.resume()).on('error', () => {})
ASK
cat > play.mjs <<'PLAY'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

let asked = false
const proxy = createServer((socket) => {
  asked = true
  socket.on('error', () => {})
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'))
})
await once(proxy.listen(0, '127.0.0.1'), 'listening')
const { port } = proxy.address()

/** Whether the proxy sees the request. A name below .test has no address, so nothing else does. */
async function ask(how, address, variables) {
  asked = false
  const env = { NODE_USE_ENV_PROXY: '1', ...variables }
  await once(spawn(process.execPath, ['ask.cjs', address, how], { env, stdio: 'ignore' }), 'close')
  return asked ? 'proxy' : 'direct'
}

const http_proxy = `http://127.0.0.1:${port}`
for (const [title, address, variables] of [
  ['http_proxy=http://…', 'http://corp.test/', { http_proxy }],
  ['no_proxy=corp.test for corp.test', 'http://corp.test/', { http_proxy, no_proxy: 'corp.test' }],
  ['no_proxy=a.test,corp.test for corp.test', 'http://corp.test/', { http_proxy, no_proxy: 'a.test,corp.test' }],
  ['no_proxy=corp.test for api.corp.test', 'http://api.corp.test/', { http_proxy, no_proxy: 'corp.test' }],
  ['no_proxy="a.test corp.test" for corp.test', 'http://corp.test/', { http_proxy, no_proxy: 'a.test corp.test' }],
  ['no_proxy=corp.test. for corp.test', 'http://corp.test/', { http_proxy, no_proxy: 'corp.test.' }],
  ['no_proxy=127.0.0.2-127.0.0.9 for 127.0.0.5', `http://127.0.0.5:${port}/`, { http_proxy, no_proxy: '127.0.0.2-127.0.0.9' }],
  ['http_proxy= HTTP_PROXY=http://…', 'http://corp.test/', { http_proxy: '', HTTP_PROXY: http_proxy }],
  ['http_proxy=socks5://…', 'http://corp.test/', { http_proxy: `socks5://127.0.0.1:${port}` }],
]) {
  const seen = [await ask('fetch', address, variables), await ask('http.get', address, variables)]
  console.log(`${title}: fetch ${seen[0]}, http.get ${seen[1]}`)
}
proxy.close()
PLAY
"node_modules/$package/bin/node" play.mjs | tee seen.txt

diff - seen.txt <<'SEEN'
http_proxy=http://…: fetch proxy, http.get proxy
no_proxy=corp.test for corp.test: fetch direct, http.get direct
no_proxy=a.test,corp.test for corp.test: fetch direct, http.get direct
no_proxy=corp.test for api.corp.test: fetch direct, http.get proxy
no_proxy="a.test corp.test" for corp.test: fetch direct, http.get proxy
no_proxy=corp.test. for corp.test: fetch direct, http.get proxy
no_proxy=127.0.0.2-127.0.0.9 for 127.0.0.5: fetch proxy, http.get direct
http_proxy= HTTP_PROXY=http://…: fetch direct, http.get proxy
http_proxy=socks5://…: fetch proxy, http.get direct
SEEN
