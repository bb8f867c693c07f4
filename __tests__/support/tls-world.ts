import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, request as sendRequest } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { RunOptions } from '../../local-runner/run-action.js'
import type { Sandbox } from '../../sandbox/server.js'
import { createSelfSignedCertificate } from './self-signed-certificate.js'

/** The name under which the sandbox is served by TLS; it leads to this machine in the action alone. */
const NAME = 'management.junction.test'

/** The sandbox behind TLS, and a proxy on the way to it. */
export interface TlsWorld {
  /** Base URL of the Management API, by TLS. */
  readonly apiUrl: string
  /** `host:port` of the TLS server, as a proxy is asked for it. */
  readonly authority: string
  readonly proxyUrl: string
  /** What the proxy was asked for: `CONNECT host:port`, in order. */
  readonly proxied: readonly string[]
  /** From now on the proxy answers `status` to every CONNECT. */
  refuse(status: number): void
  /** The sandbox's next answer to a POST arrives as bytes that are no TLS. */
  spoilAnswer(): void
  /** Options of a run with these variables, in which the server's name is known. */
  run(env: Readonly<Record<string, string>>, trust?: boolean): Partial<RunOptions>
}

/** Puts a TLS server and a proxy before a sandbox, hands them to `play`, and takes them away again. */
export async function withTls(
  sandbox: Sandbox,
  play: (world: TlsWorld) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tls-world-'))
  const { key, cert } = createSelfSignedCertificate(NAME)
  const certFile = join(folder, 'server.pem')
  writeFileSync(certFile, cert)

  const front = createTlsServer({ key, cert }, (request, response) => {
    const { method, headers } = request
    const onward = sendRequest(`${sandbox.url}${request.url}`, { method, headers }, (answer) => {
      if (isToSpoil && method === 'POST') {
        isToSpoil = false
        for (const client of clients) client.write('no TLS record begins like this')
        return
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  const tlsPort = await listen(front)

  // Stands before the TLS server, where it can reach the bytes on the wire.
  const clients = new Set<Socket>()
  let isToSpoil = false
  const relay = createServer((client) => {
    clients.add(client)
    client.once('close', () => clients.delete(client))
    const onward = connect(tlsPort, '127.0.0.1')
    onward.on('error', () => client.destroy())
    client.on('error', () => onward.destroy())
    client.pipe(onward).pipe(client)
  })
  const frontPort = await listen(relay)

  const proxied: string[] = []
  let refusal: number | undefined
  const proxy = createHttpServer((_request, response) => response.writeHead(405).end())
  proxy.on('connect', (request, socket) => {
    proxied.push(`${request.method} ${request.url}`)
    socket.on('error', () => socket.destroy())
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const onward = connect(frontPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
  })
  const proxyPort = await listen(proxy)
  const authority = `${NAME}:${frontPort}`
  try {
    await play({
      apiUrl: `https://${authority}/management`,
      authority,
      proxyUrl: `http://127.0.0.1:${proxyPort}`,
      proxied,
      refuse: (status) => {
        refusal = status
      },
      spoilAnswer: () => {
        isToSpoil = true
      },
      run: (env, trust = true) => ({
        env: {
          LOOPBACK_NAME: NAME,
          ...(trust ? { NODE_EXTRA_CA_CERTS: certFile } : {}),
          ...env,
        },
        nodeArgs: ['--require', resolve('__tests__/support/resolve-to-loopback.cjs')],
        debug: true,
      }),
    })
  } finally {
    front.closeAllConnections()
    front.close()
    for (const client of clients) client.destroy()
    relay.close()
    proxy.closeAllConnections()
    proxy.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return portOf(server.address())
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}
