#!/usr/bin/env bash
# @actions/http-client cannot use an https:// proxy with a right certificate: it compares the proxy's
# certificate with the name of the server behind the proxy.
#
# The proxy here is localhost and has a certificate for localhost, from an authority that is trusted. curl
# goes through it; @actions/http-client refuses it before it sends CONNECT.
#
# Seen 2026-11-29 with @actions/http-client 4.0.1 on Node.js 20.20, curl 7.88.1 beside it; output at the end.
# Needs: bash, Node.js 20 or newer, npm and its registry, curl, openssl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
npm install --loglevel=error --no-update-notifier --no-audit --no-fund @actions/http-client@4.0.1 > /dev/null
for name in localhost service.example; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" -keyout "$name.key" -out "$name.crt" 2> /dev/null
done
cat localhost.crt service.example.crt > trusted.pem

cat > play.mjs <<'PLAY'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { HttpClient } from '@actions/http-client'

const certificate = (name) => ({
  key: readFileSync(`${name}.key`),
  cert: readFileSync(`${name}.crt`),
})
const listen = (server) => new Promise((resolve) => server.listen(0, resolve))

const service = createServer(certificate('service.example'), (_, response) => response.end('hello'))
await listen(service)
let tunnels = 0
const proxy = createServer(certificate('localhost'))
proxy.on('connect', (_, socket) => {
  tunnels += 1
  const upstream = connect(service.address().port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    upstream.pipe(socket).pipe(upstream)
  })
  socket.on('error', () => upstream.destroy())
  upstream.on('error', () => socket.destroy())
})
await listen(proxy)
const address = `https://localhost:${proxy.address().port}`
const url = 'https://service.example/'

const curl = ['-sS', '--cacert', 'trusted.pem', '--proxy-cacert', 'trusted.pem', '-x', address, url]
console.log(`curl: ${(await promisify(execFile)('curl', curl)).stdout}, ${tunnels} tunnel`)
process.env.https_proxy = address
tunnels = 0
try {
  console.log(await (await new HttpClient('play').get(url)).readBody())
} catch (error) {
  console.log(`@actions/http-client: ${error.message}, ${tunnels} tunnels`)
}
process.exit()
PLAY
NODE_EXTRA_CA_CERTS=trusted.pem node play.mjs | tee seen.txt

diff - seen.txt <<'SEEN'
curl: hello, 1 tunnel
@actions/http-client: tunneling socket could not be established, cause=Hostname/IP does not match certificate's altnames: Host: service.example. is not in the cert's altnames: DNS:localhost, 0 tunnels
SEEN
