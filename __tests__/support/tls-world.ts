import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request as sendRequest,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { RunOptions } from '../../local-runner/types.js'
import { createSelfSignedCertificate } from '../../sandbox/self-signed-certificate.js'
import { listen } from './listen.js'
import type { Scenario } from './scenario.js'
import { waitUntil } from './wait-until.js'

/** The sandbox's TLS name; like the proxy's, only the action resolves it, to this machine. */
const NAME = 'management.junction.test'

/** The name of the TLS proxy. */
const PROXY_NAME = 'proxy.junction.test'

/** One TLS connection to the sandbox. */
interface TlsConnection {
  /** `METHOD path` of its requests, in order. */
  readonly requests: readonly string[]
}

/** The sandbox behind TLS, and a proxy to it. */
export interface TlsWorld {
  /** Base URL of the Management API, over TLS. */
  readonly apiUrl: string
  /** Base URL of the GitHub API, over TLS. */
  readonly githubUrl: string
  /** Connections on which a request arrived, in order. */
  connections(): readonly TlsConnection[]
  /** How many connections there were, with requests or without. */
  handshakes(): number
  /** `host:port` of the TLS server, as in a CONNECT request. */
  readonly authority: string
  readonly proxyUrl: string
  /** The same proxy, over TLS. */
  readonly secureProxyUrl: string
  /** The proxy's requests: `CONNECT host:port`, in order. */
  readonly proxied: readonly string[]
  /** The `proxy-authorization` headers, in order. */
  readonly authorizations: readonly string[]
  /** From now on, the proxy returns `status` for every CONNECT. */
  refuse(status: number): void
  /** The sandbox's next response to a POST, or another method, arrives as bytes that are not TLS. */
  spoilAnswer(method?: string): void
  /** From now on every connection, and with it a proxy's tunnel, is closed right after its first response. */
  hangUpAfterResponses(): void
  /**
   * Holds the next request to list keys until there is another connection, on which nothing has been sent. Then resets
   * that one, if asked to.
   */
  awaitPrepared(then: 'keep' | 'reset'): void
  /** From now on a second request on a connection is not read: the connection is reset. */
  resetReused(): void
  /**
   * Options of a run with these variables, in which the names are known and both certificates trusted, or only the
   * server's, or none.
   */
  run(env: Readonly<Record<string, string>>, trust?: boolean | 'server'): Partial<RunOptions>
}

/** Puts a TLS server and a proxy before a scenario's sandbox, adds them to it, and removes them. */
export async function withTls(
  scenario: Scenario,
  play: (world: Scenario & TlsWorld) => Promise<void>,
): Promise<void> {
  const { sandbox } = scenario
  const folder = mkdtempSync(join(tmpdir(), 'tls-world-'))
  const { key, cert } = createSelfSignedCertificate(NAME)
  const proxyCertificate = createSelfSignedCertificate(PROXY_NAME)
  const certFiles = { server: join(folder, 'server.pem'), both: join(folder, 'both.pem') }
  writeFileSync(certFiles.server, cert)
  writeFileSync(certFiles.both, cert + proxyCertificate.cert)

  const connections = new Map<object, TlsConnection & { requests: string[] }>()
  let isHangingUp = false
  let isResettingReused = false
  let isAwaiting: 'keep' | 'reset' | undefined
  const secured = new Set<TLSSocket>()
  const meetPrepared = async () => {
    if (isAwaiting === undefined) return
    const isReset = isAwaiting === 'reset'
    isAwaiting = undefined
    const find = () => [...secured].find((one) => !connections.has(one) && !one.destroyed)
    await waitUntil('a prepared connection', () => find() !== undefined).catch(() => undefined)
    if (isReset) clients.get(find()?.remotePort ?? 0)?.resetAndDestroy()
  }
  const front = createTlsServer({ key, cert }, async (request, response) => {
    const { method, headers, socket } = request
    const connection = connections.get(socket) ?? { requests: [] }
    connections.set(socket, connection)
    if (isResettingReused && connection.requests.length > 0) {
      socket.destroy()
      return
    }
    connection.requests.push(`${method} ${request.url}`)
    if (request.url?.includes('management_key?')) await meetPrepared()
    if (isHangingUp) response.once('finish', () => socket.destroySoon())
    const onward = sendRequest(`${sandbox.url}${request.url}`, { method, headers }, (answer) => {
      if (method === spoiledMethod) {
        spoiledMethod = undefined
        for (const client of clients.values()) client.write('no TLS record begins like this')
        return
      }
      const { connection: _connection, 'keep-alive': _keepAlive, ...endToEnd } = answer.headers
      response.writeHead(answer.statusCode ?? 502, endToEnd)
      answer.on('error', () => response.destroy()).pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  // Longer than any test, so that only a test itself closes a connection.
  front.keepAliveTimeout = 120_000
  front.on('secureConnection', (socket) => secured.add(socket))
  const tlsPort = await listen(front)

  // Stands before the TLS server, where it can reach the bytes on the wire.
  /** By the port that each has towards the TLS server. */
  const clients = new Map<number, Socket>()
  let spoiledMethod: string | undefined
  const relay = createServer((client) => {
    const onward = connect(tlsPort, '127.0.0.1')
    onward.once('connect', () => clients.set(onward.localPort ?? 0, client))
    client.once('close', () => onward.destroy())
    onward.on('error', () => client.destroy())
    client.on('error', () => onward.destroy())
    client.pipe(onward).pipe(client)
  })
  const frontPort = await listen(relay)

  const proxied: string[] = []
  const authorizations: string[] = []
  let refusal: number | undefined
  const proxy = createHttpServer((_request, response) => response.writeHead(405).end())
  const secureProxy = createTlsServer(proxyCertificate)
  const carry = (request: IncomingMessage, socket: Duplex) => {
    proxied.push(`${request.method} ${request.url}`)
    authorizations.push(request.headers['proxy-authorization'] ?? '')
    socket.on('error', () => socket.destroy())
    if (refusal !== undefined) {
      // As squid and tinyproxy do: a page in the same packet as the head.
      const page = `<html><body>${refusal}: the fake proxy denies access</body></html>`
      const head = `content-type: text/html\r\ncontent-length: ${page.length}`
      socket.end(`HTTP/1.1 ${refusal} Refused\r\n${head}\r\n\r\n${page}`)
      return
    }
    const onward = connect(frontPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.once('close', () => onward.destroy())
  }
  proxy.on('connect', carry)
  secureProxy.on('connect', carry)
  const proxyPort = await listen(proxy)
  const secureProxyPort = await listen(secureProxy)
  const authority = `${NAME}:${frontPort}`
  try {
    await play({
      ...scenario,
      apiUrl: `https://${authority}/management`,
      githubUrl: sandbox.githubUrl.replace(sandbox.url, `https://${authority}`),
      connections: () => [...connections.values()],
      handshakes: () => secured.size,
      authority,
      proxyUrl: `http://127.0.0.1:${proxyPort}`,
      secureProxyUrl: `https://${PROXY_NAME}:${secureProxyPort}`,
      proxied,
      authorizations,
      refuse: (status) => {
        refusal = status
      },
      spoilAnswer: (method = 'POST') => {
        spoiledMethod = method
      },
      hangUpAfterResponses: () => {
        isHangingUp = true
      },
      awaitPrepared: (then) => {
        isAwaiting = then
      },
      resetReused: () => {
        isResettingReused = true
      },
      run: (env, trust = true) => ({
        env: {
          LOOPBACK_NAMES: `${NAME},${PROXY_NAME}`,
          ...(trust === false
            ? {}
            : { NODE_EXTRA_CA_CERTS: trust === 'server' ? certFiles.server : certFiles.both }),
          ...env,
        },
        nodeArgs: ['--require', resolve('__tests__/support/resolve-to-loopback.cjs')],
        debug: true,
      }),
    })
  } finally {
    front.closeAllConnections()
    front.close()
    for (const client of clients.values()) client.destroy()
    relay.close()
    for (const server of [proxy, secureProxy]) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
