import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { createSelfSignedCertificate } from '../sandbox/self-signed-certificate.js'
import { createDelayedRelay } from './delayed-relay.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Server } from 'node:net' */
/** @import { Work } from './types.ts' */

const DELAY_MS = 25

/** The key that the server creates, the same each time; a fake, as published (ClientFacingManagementKeyUnhashed). */
export const NEW_KEY = {
  id: '6f1d2c3b-4a59-4e68-8f77-0a1b2c3d4e5f',
  label: 'preview-42',
  created_at: '2026-11-24T00:00:00+00:00',
  creator: { type: 'management_key' },
  role: 'team_admin',
  team_role_bindings: [{ team_id: 'a0b1c2d3-e4f5-4a6b-8c7d-9e0f1a2b3c4d' }],
  key: 'mg_bench_this-is-not-a-real-key',
}

/** Keys that were created long ago, as a list shows them: what a revoke by label and a prune find. */
const MANY_KEYS = Array.from({ length: 100 }, (_, index) => ({
  ...NEW_KEY,
  id: `6f1d2c3b-4a59-4e68-8f77-${String(index).padStart(12, '0')}`,
  created_at: '2026-01-01T00:00:00+00:00',
  key: undefined,
}))

const { publicKey } = generateKeyPairSync('x25519')
const bytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
const SEALING_KEY = { key_id: '1', key: bytes.toString('base64') }

/**
 * What is sent in response, by the beginning of `METHOD path`. GitHub's API is where it is on a server of one's own,
 * and where `gh` looks for it.
 *
 * @type {readonly (readonly [RegExp, number, unknown])[]}
 */
const RESPONSES = [
  [/^GET \/api\/v3\/.*\/public-key$/, 200, SEALING_KEY],
  [/^GET \/api\/v3\//, 404, { message: 'Not Found' }],
  [/^PUT \/api\/v3\//, 201, {}],
  [/^GET \//, 200, { data: MANY_KEYS, next_cursor: null }],
  [/^DELETE \//, 200, null],
]

/**
 * Starts the server that every step talks to: over HTTP, and over HTTPS as far away as a real service.
 *
 * @returns {Promise<{ near: string, far: string, certificate: string, work: Work }>} Its two addresses, its
 *   certificate (PEM), and what it sees.
 */
export async function startServer() {
  /** @type {Work} */
  const work = { requests: [], connections: new Set() }
  /** @param {IncomingMessage} request @param {ServerResponse} response */
  const respond = async (request, response) => {
    const { method = '', url, socket } = request
    work.requests.push(method)
    work.connections.add(socket)
    const found = RESPONSES.find(([pattern]) => pattern.test(`${method} ${url}`))
    const sent = await text(request)
    const [, status, body] = found ?? [
      undefined,
      200,
      { ...NEW_KEY, label: JSON.parse(sent).label },
    ]
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  const { key, cert } = createSelfSignedCertificate('localhost')
  const port = await listen(createServer(respond))
  const securePort = await listen(createTlsServer({ key, cert }, respond))
  const relayPort = await listen(createDelayedRelay(securePort, DELAY_MS))
  const [near, far] = [`http://127.0.0.1:${port}`, `https://localhost:${relayPort}`]
  return { near, far, certificate: cert, work }
}

/** @param {Server} server */
async function listen(server) {
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address.port
}
