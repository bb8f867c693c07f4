import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { ConnectionError, UnreadableResponseError } from '../core/errors.js'
import { showForeign } from '../core/scrub.js'
import { asConnectionError } from './connection-error.js'
import { Connections } from './connections.js'

export interface HttpRequest {
  readonly method: string
  /** Absolute, percent-encoded. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Whether it goes out on a connection that has carried no other. */
  readonly needsNewConnection?: boolean
}

export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request once. Throws a `ConnectionError` when no complete response comes back. */
export interface Exchange {
  (request: HttpRequest): Promise<HttpResponse>
  /** Opens a connection meanwhile, for the next request that needs a new one. */
  readonly prepare?: () => void
}

/** The limit of GitHub's client, which has one in any case: as long as a timer can be, so that ours comes first. */
const NEVER_MS = 2 ** 31 - 1

/** Far above a page of keys, far below what would hurt a runner. */
const LARGEST_BODY_MIB = 8

/**
 * Builds an exchange with the server of a base URL, through the proxy of the environment. `timeoutMs` limits a request
 * from connecting to the last byte; once `lastCall` is aborted, open requests are given up and no other is sent.
 * Redirects are not followed, since a key's header would go along.
 */
export function createExchange(
  baseUrl: string,
  timeoutMs: number,
  lastCall?: AbortSignal,
): Exchange {
  const server = new URL(baseUrl)
  const connections = new Connections(server)
  const exchange = async (request: HttpRequest) => {
    if (lastCall?.aborted) throw new ConnectionError('the step was canceled', 'unreachable')
    const attempt = new Attempt(connections.peer, timeoutMs, lastCall)
    try {
      return await Promise.race([send(request, connections, attempt), attempt.ended])
    } catch (error) {
      throw asConnectionError(error, server.host, attempt.isConnected)
    } finally {
      attempt.stop()
    }
  }
  return Object.assign(exchange, { prepare: () => connections.prepare() })
}

/** One request under way, and the end of its time. */
class Attempt {
  /** Whether the connection is ready, so that the request may have been sent. */
  isConnected = false
  readonly stop: () => void
  readonly #ending = new AbortController()
  readonly signal = this.#ending.signal
  /** Rejects when the attempt is ended from outside. */
  readonly ended = new Promise<never>((_resolve, reject) => {
    this.signal.addEventListener('abort', () => reject(this.signal.reason))
  })

  constructor(peer: string, timeoutMs: number, lastCall: AbortSignal | undefined) {
    const end = (when: string) =>
      this.#ending.abort(
        this.isConnected
          ? new ConnectionError(`no complete response ${when}`, 'broken')
          : new ConnectionError(`no connection to ${peer} ${when}`, 'silent'),
      )
    const limit = `within ${timeoutMs / 1000} s (timeout_seconds)`
    // Keeps the process alive: whatever becomes of the connection, a request ends with a response or an error.
    const timer = setTimeout(() => end(limit), timeoutMs)
    const giveUp = () => end('before the canceled step had to end')
    lastCall?.addEventListener('abort', giveUp, { once: true })
    this.stop = () => {
      clearTimeout(timer)
      lastCall?.removeEventListener('abort', giveUp)
    }
  }

  /** Notes when the connection of a request is ready, and refuses to switch protocols. */
  watch(sent: ClientRequest): void {
    sent.once('socket', (socket) => {
      const isSecure = sent.protocol === 'https:'
      const isReady = isSecure ? 'authorized' in socket && socket.authorized : !socket.connecting
      this.isConnected = isReady === true
      if (this.isConnected) return
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        this.isConnected = true
      })
    })
    // Nothing here asks for 101 (Switching Protocols). One that does not name the other protocol counts as interim.
    const refuseSwitch = () =>
      this.#ending.abort(new ConnectionError('the response is 101 (Switching Protocols)', 'broken'))
    sent.once('upgrade', (_message, socket) => {
      // First, while nobody listens to it: it would throw what the request is destroyed with.
      socket.destroy()
      refuseSwitch()
    })
    sent.on('information', ({ statusCode }) => {
      if (statusCode === 101) refuseSwitch()
    })
  }
}

/**
 * Sends through GitHub's HTTP client, by its method for raw requests with our own agent: left to itself it obeys
 * `NODE_TLS_REJECT_UNAUTHORIZED`, goes past a proxy whose variable it cannot parse, and waits for ever after 101.
 */
async function send(
  { method, url, headers, body, needsNewConnection }: HttpRequest,
  connections: Connections,
  attempt: Attempt,
): Promise<HttpResponse> {
  // Loaded with the first request: the post step of most jobs sends none.
  const { HttpClient } = await import(/* webpackMode: "eager" */ '@actions/http-client')
  const parsedUrl = new URL(url)
  const module = process.getBuiltinModule(
    parsedUrl.protocol === 'https:' ? 'node:https' : 'node:http',
  )
  const request = (options: RequestOptions, onResponse: (response: IncomingMessage) => void) => {
    const sent = module.request(parsedUrl, { ...options, signal: attempt.signal }, onResponse)
    attempt.watch(sent)
    return sent
  }
  const connection = connections.describe(needsNewConnection === true)
  const client = new HttpClient(undefined, [], { socketTimeout: NEVER_MS })
  const { message } = await client.requestRaw(
    {
      parsedUrl,
      options: { method, headers: { ...headers, 'accept-encoding': 'identity' }, ...connection },
      // Not a copy: to copy `node:http`, Node.js loads all that it offers, a WebSocket too.
      httpModule: Object.create(module, { request: { value: request } }),
    },
    body ?? null,
  )
  return readResponse(message)
}

async function readResponse(message: IncomingMessage): Promise<HttpResponse> {
  const { statusCode: status = 0, headers } = message
  if (status < 200) {
    message.destroy()
    throw new ConnectionError(`the response status ${status} is not a final one`, 'broken')
  }
  return { status, headers, body: decodeBody(await readBody(message), headers, status) }
}

/** The text of a body, however a gateway encoded it unasked. What cannot be decoded is an error of a success alone. */
function decodeBody(bytes: Buffer, headers: IncomingHttpHeaders, status: number): string {
  const encodings = (headers['content-encoding'] ?? '').toLowerCase().split(/[\s,]+/)
  try {
    const plain = encodings.reduceRight(decode, bytes).toString('utf8')
    return plain.startsWith('\ufeff') ? plain.slice(1) : plain
  } catch (cause) {
    if (status >= 300) return ''
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UnreadableResponseError(`its body cannot be decoded: ${reason}`, undefined, { cause })
  }
}

function decode(bytes: Buffer, encoding: string): Buffer {
  if (bytes.length === 0 || encoding === '' || encoding === 'identity') return bytes
  const zlib = process.getBuiltinModule('node:zlib')
  const options = { maxOutputLength: LARGEST_BODY_MIB * 1024 * 1024 }
  if (encoding === 'br') return zlib.brotliDecompressSync(bytes, options)
  // Takes what begins like zlib's own formats, gzip among them; some servers send a deflate stream without that.
  if (encoding === 'deflate' && bytes.readUInt8() % 16 !== 8)
    return zlib.inflateRawSync(bytes, options)
  if (['gzip', 'x-gzip', 'deflate'].includes(encoding)) return zlib.unzipSync(bytes, options)
  throw new Error(`the encoding ${showForeign(encoding, 40)} is unknown`)
}

/** Listens to events: what `for await` loads takes a tenth of the time that Node.js needs to start. */
function readBody(message: IncomingMessage): Promise<Buffer> {
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
    message.once('end', () => resolve(Buffer.concat(chunks)))
    message.once('error', reject)
  })
}
