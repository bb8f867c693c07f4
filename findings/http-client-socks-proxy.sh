#!/usr/bin/env bash
# @actions/http-client takes a socks5:// proxy for an HTTP proxy, and reports the proxy's silence as a lost
# connection.
#
# Told https_proxy=socks5://…, it sends "CONNECT host:443 HTTP/1.1" to the SOCKS port. A SOCKS server reads
# "C" as an unknown version and hangs up; the error names neither SOCKS nor the variable, and looks as if the
# service had dropped a request.
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
import { createServer } from 'node:net'
import { HttpClient } from '@actions/http-client'

const SOCKS5 = 5
const proxy = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (bytes) => {
    const [first] = String(bytes).split('\r\n')
    console.log(bytes[0] === SOCKS5 ? 'a SOCKS 5 greeting' : `the proxy got "${first}"`)
    socket.end()
  })
})
await new Promise((resolve) => proxy.listen(0, resolve))
process.env.https_proxy = `socks5://127.0.0.1:${proxy.address().port}`
try {
  await new HttpClient('play').get('https://service.example/')
} catch (error) {
  console.log(`${error.code}: ${error.message}`)
}
proxy.close()
PLAY
node play.mjs | tee seen.txt

diff - seen.txt <<'SEEN'
the proxy got "CONNECT service.example:443 HTTP/1.1"
ECONNRESET: tunneling socket could not be established, cause=socket hang up
SEEN
