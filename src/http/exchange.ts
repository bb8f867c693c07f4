import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import { ConnectionError } from '../core/errors.js'
import { asConnectionError } from './connection-error.js'
import { findProxy } from './proxy.js'
import { openTunnel, toServerName } from './tunnel.js'

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string
  /** Absolute, percent-encoded. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** A whole HTTP answer. */
export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request once. Throws a `ConnectionError` when no whole answer comes back. */
export type Exchange = (request: HttpRequest) => Promise<HttpResponse>

/** Far above a page of keys, far below what would hurt a runner. */
const LARGEST_BODY_BYTES = 8 * 1024 * 1024

/**
 * Builds an exchange that goes through the proxy of the environment. `timeoutMs` limits one request from
 * connecting to the last byte, in milliseconds; once `lastCall` is aborted, open requests are given up and no
 * other is sent.
 * Redirects are not followed, since a key's header would go along; retries are decided elsewhere.
 */
export function createExchange(timeoutMs: number, lastCall?: AbortSignal): Exchange {
  return async (request) => {
    if (lastCall?.aborted) throw new ConnectionError('the step was cancelled', 'unreachable')
    const deadline = startDeadline(timeoutMs, lastCall)
    const trust = new ServerTrust()
    try {
      return await Promise.race([send(request, trust, deadline.signal), deadline.passed])
    } catch (error) {
      throw asConnectionError(error, trust.isEstablished)
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
  // connection, a request ends with an answer or an error.
  const timer = setTimeout(
    () => end(`no whole answer within ${timeoutMs / 1000} s (timeout_seconds)`),
    timeoutMs,
  )
  const giveUp = () => end('no whole answer before the cancelled step had to end')
  lastCall?.addEventListener('abort', giveUp, { once: true })
  const stop = () => {
    clearTimeout(timer)
    lastCall?.removeEventListener('abort', giveUp)
  }
  return { passed, signal: controller.signal, stop }
}

/** How the server of one request is checked: always, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says. */
class ServerTrust {
  /** Whether the TLS handshake may be over, so that an error of TLS no longer shows that nothing was sent. */
  isEstablished = false

  readonly options = {
    rejectUnauthorized: true,
    checkServerIdentity: (host, certificate) => {
      const objection = process.getBuiltinModule('node:tls').checkServerIdentity(host, certificate)
      this.isEstablished = objection === undefined
      return objection
    },
  } satisfies ConnectionOptions
}

async function send(
  { method, url, headers, body }: HttpRequest,
  trust: ServerTrust,
  signal: AbortSignal,
): Promise<HttpResponse> {
  // Loaded with the first request: the post step of most jobs sends none.
  const { ToolkitClient } = await import(/* webpackMode: "eager" */ './toolkit-client.js')
  const connection = { signal, ...(await connect(new URL(url), trust, signal)) }
  return new Promise((resolve, reject) => {
    const client = new ToolkitClient(headers['user-agent'], connection, (sent) =>
      refuseSwitch(sent, reject),
    )
    client
      .request(method, url, body ?? null, { ...headers })
      .then(({ message }) => readResponse(message))
      .then(resolve, reject)
  })
}

/** Not even 101 (Switching Protocols) is an answer to a request that did not ask for it. */
function refuseSwitch(sent: ClientRequest, reject: (error: Error) => void): void {
  const refuse = () =>
    reject(new ConnectionError('the answer is 101 (a switch to another protocol)', 'broken'))
  sent.once('upgrade', (_message, socket) => {
    refuse()
    socket.destroy()
  })
  // What does not name the other protocol counts as an interim answer.
  sent.on('information', ({ statusCode }) => {
    if (statusCode !== 101) return
    refuse()
    sent.destroy()
  })
}

/** The part of a request's options that says how its connection is made. */
async function connect(
  server: URL,
  trust: ServerTrust,
  signal: AbortSignal,
): Promise<RequestOptions> {
  const proxy = findProxy(server.href, process.env)
  if (proxy === undefined) return { agent: false, ...trust.options }
  // The inputs have been refused for this already, unless the environment has changed since.
  if ('problem' in proxy) throw new ConnectionError(proxy.problem, 'untrusted')

  const tunnel = await openTunnel(proxy.value, server, signal)
  if (server.protocol === 'http:') return { agent: undefined, createConnection: () => tunnel }
  const host = server.hostname.replace(/^\[|\]$/g, '')
  return {
    agent: undefined,
    createConnection: () => {
      const { connect: startTls } = process.getBuiltinModule('node:tls')
      const servername = toServerName(host)
      return startTls({
        socket: tunnel,
        host,
        servername,
        ALPNProtocols: ['http/1.1'],
        ...trust.options,
      })
    },
  }
}

async function readResponse(message: IncomingMessage): Promise<HttpResponse> {
  const { statusCode: status = 0, headers } = message
  // Not even 101 (Switching Protocols) is an answer to a request that did not ask for it.
  if (status < 200) {
    message.destroy()
    throw new ConnectionError(`the answer is ${status}, which is none to this request`, 'broken')
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > LARGEST_BODY_BYTES) {
      throw new ConnectionError('the answer is too large to be one of this API', 'broken')
    }
    chunks.push(chunk)
  }
  return {
    status,
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}
