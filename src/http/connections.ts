import type { Agent } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'

/** The options of one request that say how its connection is made. */
export interface ConnectionOptions extends RequestOptions {
  /** Opens the way through a proxy; `undefined` for a direct connection. */
  readonly openTunnel: (() => Promise<Duplex>) | undefined
}

/** As Node.js calls it; its published type requires a connection even beside an error. */
type OnCreated = (error: Error | null, connection?: Duplex) => void

/**
 * Keeps the connections of one client open for its next requests, and its TLS sessions for the next connections.
 * Node.js closes one that it keeps when the server says so, and none keeps the process alive. Certificates are
 * checked, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says.
 */
export class Connections {
  readonly #agents = new Map<string, Agent>()

  /** The agent for URLs with this protocol, `http:` or `https:`; loads what it needs the first time. */
  agentFor(protocol: string): Agent {
    const agent = this.#agents.get(protocol) ?? createAgent(protocol === 'http:')
    this.#agents.set(protocol, agent)
    return agent
  }

  /** Closes what no request uses, so that the next request opens a connection. */
  closeIdle(): void {
    for (const { freeSockets } of this.#agents.values()) {
      for (const socket of Object.values(freeSockets).flat()) socket?.destroy()
    }
  }
}

function createAgent(isPlain: boolean): Agent {
  const agent = isPlain
    ? new (process.getBuiltinModule('node:http').Agent)({ keepAlive: true })
    : new (process.getBuiltinModule('node:https').Agent)({
        keepAlive: true,
        rejectUnauthorized: true,
      })
  const connect = agent.createConnection.bind(agent)
  const connectThrough = async (open: () => Promise<Duplex>, options: RequestOptions) => {
    const tunnel = await open()
    return isPlain ? tunnel : connect({ ...options, ...{ socket: tunnel } })
  }
  agent.createConnection = (options: ConnectionOptions, onCreated: OnCreated) => {
    const { openTunnel } = options
    if (openTunnel === undefined) return connect(options)
    connectThrough(openTunnel, options).then(
      (connection) => onCreated(null, connection ?? undefined),
      onCreated,
    )
    return undefined
  }
  return agent
}
