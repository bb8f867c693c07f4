/** @import { IncomingMessage } from 'node:http' */
/** @import { ServiceResponse, Exchange, Payload, RequestMatch, ServiceRequest } from './types.ts' */

const largestBody = 1024 * 1024

/**
 * Records a request's head. Splits the target by hand: a URL parser would normalize paths that no
 * service has.
 *
 * @param {IncomingMessage} request
 * @returns {Omit<ServiceRequest, 'text'>}
 */
export function readHead({ method = '', url = '', headers }) {
  const [, path = '', query] = /^([^?]*)\??(.*)$/s.exec(url) ?? []
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]),
    ),
  }
}

/**
 * Reads a request's body as text; `null` when it is larger than 1 MiB.
 *
 * @param {IncomingMessage} request
 * @returns {Promise<string | null>}
 */
export async function readBody(request) {
  /** @type {Buffer[]} */
  const chunks = []
  let size = 0
  /** @type {AsyncIterable<Buffer>} */
  const stream = request
  for await (const chunk of stream) {
    size += chunk.length
    // Read and drop the rest: a client that is writing would miss an early response.
    if (size <= largestBody) chunks.push(chunk)
  }
  return size > largestBody ? null : Buffer.concat(chunks).toString('utf8')
}

/** Parses JSON; undefined when it is none. @param {string} text @returns {unknown} */
export function parseJson(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a content type means JSON. @param {string | undefined} contentType */
export function isJsonType(contentType = '') {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType)
}

/**
 * Whether a request matches the conditions.
 *
 * @param {RequestMatch} match
 * @param {{ method: string, path: string }} request
 */
export function matchesRequest({ method, path }, request) {
  if (method !== undefined && method.toUpperCase() !== request.method) return false
  if (path === undefined) return true
  // search() ignores lastIndex, which a RegExp with the g flag would keep.
  return typeof path === 'string' ? request.path.includes(path) : request.path.search(path) !== -1
}

/**
 * Creates a lookup of paths by their templates. A path that cannot be decoded leads nowhere.
 *
 * @template T
 * @param {Record<string, T>} table `{name}` stands for one segment.
 * @returns {(path: string) => { entry: T, params: Record<string, string> } | undefined}
 */
export function createRouter(table) {
  const routes = Object.entries(table).map(([path, entry]) => ({
    entry,
    pattern: new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  }))
  return (path) => {
    for (const { entry, pattern } of routes) {
      const { groups } = pattern.exec(path) ?? {}
      if (groups === undefined) continue
      const parts = Object.entries(groups).map(([name, part]) => [name, decode(part)])
      if (parts.every(([, part]) => part !== undefined)) {
        return { entry, params: Object.fromEntries(parts) }
      }
    }
    return undefined
  }
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/**
 * Dispatches by method: 405 with the allowed methods for any other.
 *
 * @template T
 * @param {Record<string, T>} methods
 * @param {string} method
 * @param {(handle: T) => ServiceResponse} act
 * @returns {ServiceResponse}
 */
export function handleMethod(methods, method, act) {
  const handle = new Map(Object.entries(methods)).get(method)
  if (handle !== undefined) return act(handle)
  const headers = { allow: Object.keys(methods).join(', ') }
  return { status: 405, body: { detail: 'Method Not Allowed' }, headers }
}

/** Encodes a response as its head and its bytes. @param {ServiceResponse} result @returns {Payload} */
export function encodeResponse({ status, body, headers }) {
  if (body === undefined) return { status, headers: { ...headers }, bytes: Buffer.alloc(0) }
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    bytes: Buffer.from(JSON.stringify(body)),
  }
}

/**
 * Sends the head of a response; `Date` comes from the sandbox's clock, never from Node's.
 *
 * @param {Exchange} exchange
 * @param {Omit<Payload, 'bytes'>} head
 * @param {{ date?: boolean }} [options]
 */
export function sendHead({ response, now, noteStatus }, { status, headers }, { date = true } = {}) {
  response.sendDate = false
  response.writeHead(status, date ? { date: now().toUTCString(), ...headers } : headers)
  noteStatus(status)
}

/**
 * Sends a whole response.
 *
 * @param {Exchange} exchange
 * @param {Payload} payload
 * @param {{ date?: boolean }} [options]
 */
export function sendPayload(exchange, payload, options = {}) {
  sendHead(exchange, withLength(payload), options)
  exchange.response.end(payload.bytes)
}

/** Adds the length of the body to the head, if the status allows one. @param {Payload} payload @returns {Payload} */
export function withLength(payload) {
  const { status, headers, bytes } = payload
  if (status === 204 || status === 304) return payload
  return { ...payload, headers: { ...headers, 'content-length': String(bytes.length) } }
}
