// The server that every measured step talks to: over HTTP, and over HTTPS as far away as a real service. It is a
// process of its own, so that it responds while the measuring process waits, and it ends when its stdin does: it
// cannot outlive the process that started it. Once it listens, it prints its `Addresses` as one line of JSON.
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createSelfSignedCertificate } from '../sandbox/self-signed-certificate.js'
import { createDelayedRelay } from './delayed-relay.js'
import { MANY_KEYS, NEW_KEY } from './keys.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Server, Socket } from 'node:net' */
/** @import { Work } from './start-server.js' */

const DELAY_MS = 25

/** Where GitHub's API is on a server of one's own, and where `gh` looks for it. */
const GITHUB_PATH = '/api/v3/'

const { publicKey } = generateKeyPairSync('x25519')
const bytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
const SEALING_KEY = { key_id: '1', key: bytes.toString('base64') }

/** @type {Work} */
const work = { requests: {}, connections: { junction: 0, github: 0 } }

/**
 * What is sent in response, by the beginning of `METHOD path`.
 *
 * @type {readonly (readonly [RegExp, number, unknown])[]}
 */
const responses = [
  [/^GET \/work$/, 200, work],
  [/^GET \/api\/v3\/.*\/public-key$/, 200, SEALING_KEY],
  [/^GET \/api\/v3\//, 404, { message: 'Not Found' }],
  [/^PUT \/api\/v3\//, 201, {}],
  [/^POST \//, 200, NEW_KEY],
  [/^GET \//, 200, { data: MANY_KEYS, next_cursor: null }],
  [/^DELETE \//, 200, null],
]

/** @type {WeakSet<Socket>} */
const seen = new WeakSet()

/** @param {IncomingMessage} request */
function count({ method = '', url = '', socket }) {
  work.requests[method] = (work.requests[method] ?? 0) + 1
  if (seen.has(socket)) return
  seen.add(socket)
  work.connections[url.startsWith(GITHUB_PATH) ? 'github' : 'junction'] += 1
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
function respond(request, response) {
  const isControl = request.url === '/work'
  if (!isControl) count(request)
  const call = `${request.method} ${request.url}`
  const [, status, body] = responses.find(([pattern]) => pattern.test(call)) ?? [/./, 405, null]
  request.resume().on('end', () => {
    response.writeHead(status, {
      'content-type': 'application/json',
      // Who asks for it runs steps meanwhile, and does not notice when a connection is closed.
      ...(isControl ? { connection: 'close' } : {}),
    })
    response.end(JSON.stringify(body))
  })
}

/**
 * @param {Server} server
 * @returns {Promise<number>}
 */
async function listen(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address.port
}

const { key, cert } = createSelfSignedCertificate('localhost')
const port = await listen(createServer(respond))
const securePort = await listen(createTlsServer({ key, cert }, respond))
const relayPort = await listen(createDelayedRelay(securePort, DELAY_MS))
const addresses = {
  near: `http://127.0.0.1:${port}`,
  far: `https://localhost:${relayPort}`,
  certificate: cert,
}
process.stdout.write(`${JSON.stringify(addresses)}\n`)
process.stdin.resume().on('end', () => process.exit())
