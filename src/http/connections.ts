import type { Agent, ClientRequest } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ConnectionError } from '../core/errors.js'
import { defaultPort, findProxy } from './proxy.js'
import { openTunnel } from './tunnel.js'

/** How long a prepared connection may stay unused, in milliseconds: servers close one that brings no request. */
const LONGEST_UNUSED_MS = 5_000

/** The options of a request that say how its connection is made. */
interface ConnectionOptions extends RequestOptions {
  /** Opens the way through a proxy; `undefined` for a direct connection. */
  readonly openTunnel: (() => Promise<Duplex>) | undefined
  /** Takes the connection that was prepared for the request, if it can be used. */
  readonly takePrepared: () => Promise<Duplex | undefined>
}

/** As Node.js calls it; its published type requires a connection even beside an error. */
type OnCreated = (error: Error | null, connection?: Duplex) => void

/** What keeps the connections for one protocol, and opens them. */
interface Pool {
  readonly agent: Agent
  readonly open: (options: ConnectionOptions) => Promise<Duplex | undefined>
}

/**
 * Keeps the connections of one client open for its next requests, and its TLS sessions for the next connections.
 * Node.js closes one that it keeps when the server says so, and none keeps the process alive. Certificates are
 * checked, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says.
 */
export class Connections {
  readonly #pools = new Map<string, Pool>()
  #prepared: Promise<Socket | undefined> | undefined

  /** How a request to a server connects, on a new connection or any. `onAsked` gets the request to a proxy, and its name. */
  describe(
    server: URL,
    isNew: boolean,
    onAsked: (asked: ClientRequest, proxy: string) => void,
  ): ConnectionOptions {
    const proxy = findProxy(server.href, process.env)
    // The inputs have been refused for this already, unless the environment has changed since.
    if (proxy !== undefined && 'problem' in proxy) {
      throw new ConnectionError(proxy.problem, 'untrusted')
    }
    const { agent } = this.#poolFor(server)
    if (isNew) closeIdle(agent)
    return {
      agent,
      openTunnel: proxy && (() => openTunnel(proxy.value, server, onAsked)),
      takePrepared: async () => (isNew ? this.#takePrepared() : undefined),
    }
  }

  /** Opens a connection for the next request on a new one. */
  prepare(server: URL): void {
    this.#prepared = this.#open(server)
    // The request reports what fails.
    this.#prepared.catch(() => undefined)
  }

  async #open(server: URL): Promise<Socket | undefined> {
    const { isIP, Socket } = process.getBuiltinModule('node:net')
    const host = server.hostname.replace(/^\[|\]$/g, '')
    const socket = await this.#poolFor(server).open({
      ...this.describe(server, false, closeUnused),
      host,
      port: server.port || defaultPort(server.protocol),
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: true,
    })
    if (!(socket instanceof Socket)) return undefined
    closeUnused(socket.unref())
    return socket
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
    if (socket.destroyed) return undefined
    if (socket.readableLength === 0) return socket.setTimeout(0).ref()
    socket.destroy()
    return undefined
  }

  #poolFor({ protocol }: URL): Pool {
    const pool = this.#pools.get(protocol) ?? createPool(protocol === 'http:')
    this.#pools.set(protocol, pool)
    return pool
  }
}

function closeUnused(opened: Socket | ClientRequest): void {
  const close = () => opened.destroy()
  opened.once('error', close).setTimeout(LONGEST_UNUSED_MS, close)
}

/** Closes what no request uses, so that the next request opens a connection. */
function closeIdle({ freeSockets }: Agent): void {
  for (const socket of Object.values(freeSockets).flat()) socket?.destroy()
}

function createPool(isPlain: boolean): Pool {
  const agent = isPlain
    ? new (process.getBuiltinModule('node:http').Agent)({ keepAlive: true })
    : new (process.getBuiltinModule('node:https').Agent)({
        keepAlive: true,
        rejectUnauthorized: true,
      })
  const connect = agent.createConnection.bind(agent)
  const open: Pool['open'] = async (options) => {
    const { openTunnel, takePrepared } = options
    const prepared = await takePrepared()
    if (prepared !== undefined) return prepared
    const tunnel = await openTunnel?.()
    if (isPlain && tunnel !== undefined) return tunnel
    return connect({ ...options, ...(tunnel && { socket: tunnel }) }) ?? undefined
  }
  agent.createConnection = (options: ConnectionOptions, onCreated: OnCreated) => {
    open(options).then((connection) => onCreated(null, connection), onCreated)
    return undefined
  }
  return { agent, open }
}
