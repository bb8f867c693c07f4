import type { Agent } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ConnectionError } from '../core/errors.js'
import { defaultPort, findProxy, type ProxyServer } from './proxy.js'
import { nameProxy, openTunnel } from './tunnel.js'

/** How long a prepared connection may stay unused, in milliseconds: servers close one that brings no request. */
const LONGEST_UNUSED_MS = 5_000

interface ConnectionOptions extends RequestOptions {
  /** Whether the request goes out on a connection that has carried no other. */
  readonly isNew: boolean
}

/** As Node.js calls it; its published type requires a connection even beside an error. */
type OnCreated = (error: Error | null, connection?: Duplex) => void

/**
 * Keeps the connections to one server open for its next requests, and its TLS sessions for the next connections.
 * Node.js closes one that it keeps when the server says so, and none keeps the process alive. Certificates are
 * checked, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says.
 */
export class Connections {
  readonly #server: URL
  readonly #proxy: ProxyServer | string | undefined
  readonly #agent: Agent
  readonly #connect: Agent['createConnection']
  #prepared: Promise<Socket | undefined> | undefined

  constructor(server: URL) {
    this.#server = server
    this.#proxy = findProxy(server.href, process.env)
    const module = server.protocol === 'http:' ? 'node:http' : 'node:https'
    const { Agent } = process.getBuiltinModule(module)
    this.#agent = new Agent({ keepAlive: true, rejectUnauthorized: true })
    this.#connect = this.#agent.createConnection.bind(this.#agent)
    this.#agent.createConnection = (options: ConnectionOptions, onCreated: OnCreated) => {
      this.#open(options).then((connection) => onCreated(null, connection), onCreated)
      return undefined
    }
  }

  /** The server, with the proxy on the way to it. */
  get peer(): string {
    const { host } = this.#server
    return typeof this.#proxy === 'object'
      ? `${host} through the proxy ${nameProxy(this.#proxy)}`
      : host
  }

  /** How a request connects, on a new connection or any. */
  describe(isNew: boolean): ConnectionOptions {
    // The next request opens a connection where none is idle.
    const idle = isNew ? Object.values(this.#agent.freeSockets).flat() : []
    for (const socket of idle) socket?.destroy()
    return { agent: this.#agent, isNew }
  }

  /** Opens a connection for the next request on a new one. */
  prepare(): void {
    this.#prepared = this.#openUnused()
    // The request reports what fails.
    this.#prepared.catch(() => undefined)
  }

  async #openUnused(): Promise<Socket | undefined> {
    const { isIP, Socket } = process.getBuiltinModule('node:net')
    const { hostname, port, protocol } = this.#server
    const host = hostname.replace(/^\[|\]$/g, '')
    const socket = await this.#open({
      ...this.describe(false),
      signal: AbortSignal.timeout(LONGEST_UNUSED_MS),
      host,
      port: port || defaultPort(protocol),
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: true,
    })
    if (!(socket instanceof Socket)) return undefined
    const close = () => socket.destroy()
    socket.unref().once('error', close).setTimeout(LONGEST_UNUSED_MS, close)
    return socket
  }

  async #open({ signal, ...options }: ConnectionOptions): Promise<Duplex | undefined> {
    const prepared = options.isNew ? await this.#takePrepared() : undefined
    if (prepared !== undefined) return prepared
    const proxy = this.#proxy
    // The inputs have been refused for this, unless a later step has changed the environment of the post step.
    if (typeof proxy === 'string') throw new ConnectionError(proxy, 'untrusted')
    const tunnel = proxy && (await openTunnel(proxy, this.#server, signal))
    if (this.#server.protocol === 'http:' && tunnel !== undefined) return tunnel
    return this.#connect({ ...options, ...(tunnel && { socket: tunnel }) }) ?? undefined
  }

  async #takePrepared(): Promise<Socket | undefined> {
    const prepared = this.#prepared
    this.#prepared = undefined
    const socket = await prepared?.catch((error: unknown) => {
      // A refusal would be the same again.
      if (error instanceof ConnectionError && error.failure === 'untrusted') throw error
      return undefined
    })
    if (socket === undefined) return undefined
    // What has arrived by now, such as the end, shows in the second turn of the event loop at the latest.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    // The request sets its own time limit, and its deadline keeps the process alive.
    if (!socket.destroyed && socket.readableLength === 0) return socket
    socket.destroy()
    return undefined
  }
}
