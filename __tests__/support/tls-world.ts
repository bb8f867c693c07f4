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
import type { Sandbox } from '../../sandbox/types.js'
import { listen } from './listen.js'
import type { Scenario } from './scenario.js'
import { waitUntil } from './wait-until.js'

/** The sandbox's TLS name; like the proxy's, only the action resolves it, to this machine. */
const NAME = 'management.junction.test'

const PROXY_NAME = 'proxy.junction.test'

/** What goes wrong from now on, or, of what is awaited or spoiled, once. */
interface TlsFaults {
  /** The status that the proxy returns for every CONNECT. */
  refusal?: number
  /** The next response to a request with this method arrives as bytes that are not TLS. */
  spoiled?: string | undefined
  /** Every connection, and with it a proxy's tunnel, is closed right after its first response. */
  isHangingUp?: boolean
  /** A second request on a connection is not read: the connection is reset. */
  isResettingReused?: boolean
  /** Holds a request to list keys until there is another connection, without a request, and may reset that one. */
  awaited?: 'keep' | 'reset' | undefined
}

export type TlsWorld = Awaited<ReturnType<typeof startTls>>['world']

/** Puts a TLS server and a proxy before a scenario's sandbox, adds them to it, and removes them. */
export async function withTls(
  scenario: Scenario,
  play: (world: Scenario & TlsWorld) => Promise<void>,
): Promise<void> {
  const { world, stop } = await startTls(scenario.sandbox)
  try {
    await play({ ...scenario, ...world })
  } finally {
    stop()
  }
}

async function startTls(sandbox: Sandbox) {
  const folder = mkdtempSync(join(tmpdir(), 'tls-world-'))
  const { key, cert } = createSelfSignedCertificate(NAME)
  const proxyCertificate = createSelfSignedCertificate(PROXY_NAME)
  const certFiles = { server: join(folder, 'server.pem'), both: join(folder, 'both.pem') }
  writeFileSync(certFiles.server, cert)
  writeFileSync(certFiles.both, cert + proxyCertificate.cert)

  /** Each with `METHOD path` of its requests, in order. */
  const connections = new Map<object, { readonly requests: string[] }>()
  const faults: TlsFaults = {}
  const secured = new Set<TLSSocket>()
  const meetPrepared = async () => {
    const { awaited } = faults
    if (awaited === undefined) return
    faults.awaited = undefined
    const find = () => [...secured].find((one) => !connections.has(one) && !one.destroyed)
    await waitUntil('a prepared connection', () => find() !== undefined).catch(() => undefined)
    if (awaited === 'reset') clients.get(find()?.remotePort ?? 0)?.resetAndDestroy()
  }
  const front = createTlsServer({ key, cert }, async (request, response) => {
    const { method, headers, socket } = request
    const connection = connections.get(socket) ?? { requests: [] }
    connections.set(socket, connection)
    if (faults.isResettingReused && connection.requests.length > 0) {
      socket.destroy()
      return
    }
    connection.requests.push(`${method} ${request.url}`)
    if (request.url?.includes('management_key?')) await meetPrepared()
    if (faults.isHangingUp) response.once('finish', () => socket.destroySoon())
    const onward = sendRequest(`${sandbox.url}${request.url}`, { method, headers }, (answer) => {
      if (method === faults.spoiled) {
        faults.spoiled = undefined
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
  const proxy = createHttpServer((_request, response) => response.writeHead(405).end())
  const secureProxy = createTlsServer(proxyCertificate)
  const carry = (request: IncomingMessage, socket: Duplex) => {
    proxied.push(`${request.method} ${request.url}`)
    authorizations.push(request.headers['proxy-authorization'] ?? '')
    socket.on('error', () => socket.destroy())
    const { refusal } = faults
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
  const world = {
    /** Base URL of the Management API, over TLS. */
    apiUrl: `https://${authority}/management`,
    githubUrl: sandbox.githubUrl.replace(sandbox.url, `https://${authority}`),
    /** Connections on which a request arrived, in order. */
    connections: () => [...connections.values()],
    /** How many connections there were, with requests or without. */
    handshakes: () => secured.size,
    /** `host:port` of the TLS server, as in a CONNECT request. */
    authority,
    proxyUrl: `http://127.0.0.1:${proxyPort}`,
    /** The same proxy, over TLS. */
    secureProxyUrl: `https://${PROXY_NAME}:${secureProxyPort}`,
    /** The proxy's requests: `CONNECT host:port`, in order. */
    proxied,
    /** The `proxy-authorization` headers, in order. */
    authorizations,
    faults,
    /**
     * Options of a run with these variables, in which the names are known and both certificates trusted, or only the
     * server's, or none.
     */
    run: (
      env: Readonly<Record<string, string>>,
      trust: boolean | 'server' = true,
    ): Partial<RunOptions> => ({
      env: {
        LOOPBACK_NAMES: `${NAME},${PROXY_NAME}`,
        ...(trust !== false && { NODE_EXTRA_CA_CERTS: certFiles[trust === true ? 'both' : trust] }),
        ...env,
      },
      nodeArgs: ['--require', resolve('__tests__/support/resolve-to-loopback.cjs')],
      debug: true,
    }),
  }
  const stop = () => {
    for (const client of clients.values()) client.destroy()
    relay.close()
    for (const server of [front, proxy, secureProxy]) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return { world, stop }
}
