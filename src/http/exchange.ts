import type { IncomingHttpHeaders, RequestOptions } from 'node:http'
import type { ConnectionOptions } from 'node:tls'
import type { HttpClient } from '@actions/http-client'
import { ConnectionError, type ConnectionFailure } from '../core/errors.js'
import { showForeign } from '../core/foreign-text.js'

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
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request once. Throws a `ConnectionError` when no whole answer comes back. */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>

/** Far above a page of keys, far below what would hurt a runner. */
const LARGEST_BODY_BYTES = 8 * 1024 * 1024

/** Characters of an error that are shown; a server's certificate may have a say in it. */
const LONGEST_REASON = 400

/**
 * Builds an exchange on GitHub's HTTP client, which brings the runner's proxy settings. `timeoutMs` limits
 * one request from connecting to the last byte, in milliseconds.
 * Redirects are not followed, since a key's header would go along; retries are decided elsewhere.
 */
export function createExchange(timeoutMs: number): Exchange {
  return async (request) => {
    // Loaded with the first request: the post step of most jobs sends none.
    const { HttpClient } = await import(/* webpackMode: "eager" */ '@actions/http-client')
    const deadline = AbortSignal.timeout(timeoutMs)
    const shaper = new RequestShaper(deadline)
    const client = new HttpClient(request.headers['user-agent'], [shaper], {
      allowRedirects: false,
      allowRetries: false,
      // Its own limit counts idle time only; ours is the stricter one and shall be the one that speaks.
      socketTimeout: timeoutMs * 2,
    })
    // Without an end of its own the watch would keep the answer in memory until the deadline.
    const watch = new AbortController()
    try {
      return await Promise.race([send(client, request), rejectOn(deadline, watch.signal)])
    } catch (error) {
      throw asConnectionError(error, deadline.aborted ? timeoutMs : undefined, shaper.mayHaveSent)
    } finally {
      watch.abort()
      client.dispose()
    }
  }
}

async function send(client: HttpClient, request: HttpRequest): Promise<HttpAnswer> {
  const { method, url, headers, body = null } = request
  const { message } = await client.request(method, url, body, { ...headers })
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
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

/** What the HTTP client leaves to its handlers: the deadline, and IPv6 hosts as `node:http` wants them. */
class RequestShaper {
  readonly #deadline: AbortSignal
  #isTrusted = false
  #isTunnelled = false

  constructor(deadline: AbortSignal) {
    this.#deadline = deadline
  }

  /** Whether the TLS handshake may be over, so that an error of TLS no longer shows that nothing was sent. */
  get mayHaveSent(): boolean {
    return this.#isTrusted || this.#isTunnelled
  }

  prepareRequest(options: RequestOptions & ConnectionOptions): void {
    options.signal = this.#deadline
    // A proxy's tunnel does its handshake itself, out of our sight.
    this.#isTunnelled = typeof options.agent === 'object' && 'proxyOptions' in options.agent
    options.checkServerIdentity = (host, certificate) => {
      const objection = process.getBuiltinModule('node:tls').checkServerIdentity(host, certificate)
      this.#isTrusted = objection === undefined
      return objection
    }
    if (options.host?.startsWith('[')) options.host = options.host.slice(1, -1)
  }

  canHandleAuthentication(): boolean {
    return false
  }

  handleAuthentication(): never {
    throw new Error('No HTTP authentication is offered')
  }
}

/** A proxy that never answers holds a socket the signal does not reach; the race ends all the same. */
function rejectOn(signal: AbortSignal, end: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {
      once: true,
      signal: end,
    })
  })
}

/** Errors of the network and of name resolution that arise before a connection stands. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
])

/** Objections to a certificate, which come before the request. */
const UNTRUSTED = /^(?:ERR_TLS_CERT_|CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_)/

/** Other errors of TLS: of the handshake, or of a connection that stood. */
const TLS_ERROR = /^(?:ERR_TLS_|ERR_SSL_|EPROTO$)/

function asConnectionError(
  error: unknown,
  timedOutAfterMs: number | undefined,
  mayHaveSent: boolean,
): ConnectionError {
  if (error instanceof ConnectionError) return error
  if (timedOutAfterMs !== undefined) {
    const seconds = timedOutAfterMs / 1000
    return new ConnectionError(`no whole answer within ${seconds} s (timeout_seconds)`, 'broken')
  }
  const failure = classify(error, mayHaveSent)
  const reason = error instanceof Error ? error.message || codeOf(error) : String(error)
  const hint =
    failure === 'untrusted'
      ? '; the server’s certificate is not trusted here (for a private certificate authority set NODE_EXTRA_CA_CERTS)'
      : ''
  return new ConnectionError(`${showForeign(reason, LONGEST_REASON)}${hint}`, failure, {
    cause: error,
  })
}

function classify(error: unknown, mayHaveSent: boolean): ConnectionFailure {
  if (!(error instanceof Error)) return 'broken'
  const code = codeOf(error)
  if (UNTRUSTED.test(code)) return 'untrusted'
  if (TLS_ERROR.test(code)) return mayHaveSent ? 'broken' : 'untrusted'
  const neverConnected = 'syscall' in error && error.syscall === 'connect'
  // What `tunnel` says when a proxy refuses to connect to the server.
  const noTunnel = error.message.startsWith('tunneling socket could not be established')
  return neverConnected || noTunnel || UNREACHABLE.has(code) ? 'unreachable' : 'broken'
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
