import type { IncomingHttpHeaders, RequestOptions } from 'node:http'
import type { HttpClient } from '@actions/http-client'
import { ConnectionError, type ConnectionFailure } from '../core/errors.js'

/** One HTTP request, relative to the base URL. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Path below the base URL, with its leading slash, percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

/** A whole HTTP answer. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request once. Throws a `ConnectionError` when no whole answer comes back. */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>

/** Where and as whom to send requests. */
export interface ExchangeOptions {
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly userAgent: string
  /** Limit for one request from connecting to the last byte, in milliseconds. */
  readonly timeoutMs: number
}

/** Far above a page of keys, far below what would hurt a runner. */
const LARGEST_BODY_BYTES = 8 * 1024 * 1024

/**
 * Builds an exchange on GitHub's HTTP client, which brings the runner's proxy settings.
 * Redirects are not followed, since the key's header would go along; retries are decided elsewhere.
 */
export function createExchange(options: ExchangeOptions): Exchange {
  return async (request) => {
    // Loaded with the first request: the post step of most jobs sends none.
    const { HttpClient } = await import(/* webpackMode: "eager" */ '@actions/http-client')
    const deadline = AbortSignal.timeout(options.timeoutMs)
    const client = new HttpClient(options.userAgent, [new RequestShaper(deadline)], {
      allowRedirects: false,
      allowRetries: false,
      // Its own limit counts idle time only; ours is the stricter one and shall be the one that speaks.
      socketTimeout: options.timeoutMs * 2,
    })
    try {
      return await Promise.race([send(client, request, options), rejectOn(deadline)])
    } catch (error) {
      throw asConnectionError(error, deadline.aborted ? options.timeoutMs : undefined)
    } finally {
      client.dispose()
    }
  }
}

async function send(
  client: HttpClient,
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpAnswer> {
  const query = request.query === undefined ? '' : `?${new URLSearchParams(request.query)}`
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  const { message } = await client.request(
    request.method,
    `${options.baseUrl}${request.path}${query}`,
    body,
    {
      accept: 'application/json',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
  )
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

  constructor(deadline: AbortSignal) {
    this.#deadline = deadline
  }

  prepareRequest(options: RequestOptions): void {
    options.signal = this.#deadline
    if (options.host?.startsWith('[')) options.host = options.host.slice(1, -1)
  }

  canHandleAuthentication(): boolean {
    return false
  }

  handleAuthentication(): never {
    throw new Error('The Management API asks for no HTTP authentication')
  }
}

/** A proxy that never answers holds a socket the signal does not reach; the race ends all the same. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
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

/** Errors of the TLS handshake, which comes before the request. */
const UNTRUSTED = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_|EPROTO$)/

function asConnectionError(error: unknown, timedOutAfterMs: number | undefined): ConnectionError {
  if (error instanceof ConnectionError) return error
  if (timedOutAfterMs !== undefined) {
    const seconds = timedOutAfterMs / 1000
    return new ConnectionError(`no whole answer within ${seconds} s (timeout_seconds)`, 'broken')
  }
  const failure = classify(error)
  const reason = error instanceof Error ? error.message || codeOf(error) : String(error)
  const hint =
    failure === 'untrusted'
      ? '; the server’s certificate is not trusted here (for a private certificate authority set NODE_EXTRA_CA_CERTS)'
      : ''
  return new ConnectionError(`${reason}${hint}`, failure, { cause: error })
}

function classify(error: unknown): ConnectionFailure {
  if (!(error instanceof Error)) return 'broken'
  const code = codeOf(error)
  if (UNTRUSTED.test(code)) return 'untrusted'
  const neverConnected = 'syscall' in error && error.syscall === 'connect'
  // What `tunnel` says when a proxy refuses to connect to the server.
  const noTunnel = error.message.startsWith('tunneling socket could not be established')
  return neverConnected || noTunnel || UNREACHABLE.has(code) ? 'unreachable' : 'broken'
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
