import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { ConnectionError } from '../core/errors.js'
import { asConnectionError } from './connection-error.js'
import { type ConnectionOptions, Connections } from './connections.js'
import { findProxy } from './proxy.js'
import { openTunnel } from './tunnel.js'

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string
  /** Absolute, percent-encoded. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /**
   * Whether it goes out on a connection of its own. A server closes a connection that has been idle, and a request
   * that is on its way then is reset before it is read, which looks like one that was obeyed.
   */
  readonly needsNewConnection?: boolean
}

/** A complete HTTP response. */
export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request once. Throws a `ConnectionError` when no complete response comes back. */
export type Exchange = (request: HttpRequest) => Promise<HttpResponse>

/** Far above a page of keys, far below what would hurt a runner. */
const LARGEST_BODY_MIB = 8

/**
 * Builds an exchange that goes through the proxy of the environment and keeps its connections open for the next
 * request. `timeoutMs` limits one request from connecting to the last byte, in milliseconds; once `lastCall` is
 * aborted, open requests are given up and no other is sent.
 * Redirects are not followed, since a key's header would go along; retries are decided elsewhere.
 */
export function createExchange(timeoutMs: number, lastCall?: AbortSignal): Exchange {
  const connections = new Connections()
  return async (request) => {
    if (lastCall?.aborted) throw new ConnectionError('the step was canceled', 'unreachable')
    const deadline = startDeadline(timeoutMs, lastCall)
    const connection = new ConnectionState()
    try {
      return await Promise.race([
        send(request, connections, connection, deadline.signal),
        deadline.passed,
      ])
    } catch (error) {
      throw asConnectionError(error, connection.isEstablished)
    } finally {
      deadline.stop()
    }
  }
}

/** The end of a request's time: an error for who waits, a signal for what is open. */
interface Deadline {
  readonly passed: Promise<never>
  readonly signal: AbortSignal
  stop(): void
}

function startDeadline(timeoutMs: number, lastCall: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  const passed = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
  })
  const end = (reason: string) => controller.abort(new ConnectionError(reason, 'broken'))
  // Unlike the timer of `AbortSignal.timeout`, this one keeps the process alive: whatever becomes of the
  // connection, a request ends with a response or an error.
  const timer = setTimeout(
    () => end(`no complete response within ${timeoutMs / 1000} s (timeout_seconds)`),
    timeoutMs,
  )
  const giveUp = () => end('no complete response before the canceled step had to end')
  lastCall?.addEventListener('abort', giveUp, { once: true })
  const stop = () => {
    clearTimeout(timer)
    lastCall?.removeEventListener('abort', giveUp)
  }
  return { passed, signal: controller.signal, stop }
}

/** Whether the connection of one request is ready, so that the request may have been sent. */
class ConnectionState {
  isEstablished = false

  watch(sent: ClientRequest): void {
    sent.once('socket', (socket) => {
      const isSecure = sent.protocol === 'https:'
      this.isEstablished = sent.reusedSocket || !(isSecure || socket.connecting)
      if (this.isEstablished) return
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        this.isEstablished = true
      })
    })
  }
}

async function send(
  { method, url, headers, body, needsNewConnection }: HttpRequest,
  connections: Connections,
  connection: ConnectionState,
  signal: AbortSignal,
): Promise<HttpResponse> {
  // Loaded with the first request: the post step of most jobs sends none.
  const { ToolkitClient } = await import(/* webpackMode: "eager" */ './toolkit-client.js')
  if (needsNewConnection) connections.closeIdle()
  const options = describeConnection(new URL(url), connections, signal)
  return new Promise((resolve, reject) => {
    const client = new ToolkitClient(headers['user-agent'], options, (sent) => {
      connection.watch(sent)
      refuseSwitch(sent, reject)
    })
    client
      .request(method, url, body ?? null, { ...headers })
      .then(({ message }) => readResponse(message))
      .then(resolve, reject)
  })
}

/** Rejects even 101 (Switching Protocols), which no request here asks for. */
function refuseSwitch(sent: ClientRequest, reject: (error: Error) => void): void {
  const refuse = () =>
    reject(new ConnectionError('the response is 101 (Switching Protocols)', 'broken'))
  sent.once('upgrade', (_message, socket) => {
    refuse()
    socket.destroy()
  })
  // A 101 that does not name the other protocol counts as an interim response.
  sent.on('information', ({ statusCode }) => {
    if (statusCode !== 101) return
    refuse()
    sent.destroy()
  })
}

function describeConnection(
  server: URL,
  connections: Connections,
  signal: AbortSignal,
): ConnectionOptions {
  const agent = connections.agentFor(server.protocol)
  const proxy = findProxy(server.href, process.env)
  if (proxy === undefined) return { agent, signal, openTunnel: undefined }
  // The inputs have been refused for this already, unless the environment has changed since.
  if ('problem' in proxy) throw new ConnectionError(proxy.problem, 'untrusted')
  return { agent, signal, openTunnel: () => openTunnel(proxy.value, server, signal) }
}

async function readResponse(message: IncomingMessage): Promise<HttpResponse> {
  const { statusCode: status = 0, headers } = message
  if (status < 200) {
    message.destroy()
    throw new ConnectionError(`the response status ${status} is not a final one`, 'broken')
  }
  return { status, headers, body: await readBody(message) }
}

/** Listens to events: what `for await` loads takes a tenth of the time that Node.js needs to start. */
function readBody(message: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= LARGEST_BODY_MIB * 1024 * 1024) return
      const reason = `the response is larger than ${LARGEST_BODY_MIB} MiB`
      message.destroy(new ConnectionError(reason, 'broken'))
    })
    message.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    message.once('error', reject)
  })
}
