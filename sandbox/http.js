/** @import { ServerResponse } from 'node:http' */

/**
 * What a service says to a request: `body` is sent as JSON, and not at all when undefined.
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 */

/**
 * An answer ready for the wire.
 *
 * @typedef {object} Payload
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {Buffer} bytes
 */

/**
 * One request being answered: where the answer goes, and how to learn that nobody waits any more.
 *
 * @typedef {object} Exchange
 * @property {ServerResponse} response
 * @property {() => Date} now Clock of the `Date` header.
 * @property {AbortSignal} over Aborted once the connection is gone.
 * @property {AbortSignal} stopped Aborted once the sandbox stops.
 * @property {(status: number) => void} noteStatus Told the status as its head is sent.
 * @property {(status: number, headers: Record<string, string>) => unknown} describeFailure Writes
 *   the body of a failure as the service that was called would.
 */

/**
 * Turns an answer into the head and the bytes that are sent for it.
 *
 * @param {Answer} answer
 * @returns {Payload}
 */
export function encodeAnswer({ status, body, headers }) {
  if (body === undefined) return { status, headers: { ...headers }, bytes: Buffer.alloc(0) }
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    bytes: Buffer.from(JSON.stringify(body)),
  }
}

/**
 * Sends the head of an answer; `Date` comes from the sandbox's clock, never from Node's.
 *
 * @param {Exchange} exchange
 * @param {number} status
 * @param {Record<string, string>} headers
 * @param {{ date?: boolean }} [options]
 * @returns {void}
 */
export function sendHead({ response, now, noteStatus }, status, headers, { date = true } = {}) {
  response.sendDate = false
  response.writeHead(status, date ? { date: now().toUTCString(), ...headers } : headers)
  noteStatus(status)
}

/**
 * Sends a whole answer.
 *
 * @param {Exchange} exchange
 * @param {Payload} payload
 * @param {{ date?: boolean }} [options]
 * @returns {void}
 */
export function sendPayload(exchange, { status, headers, bytes }, options = {}) {
  sendHead(exchange, status, withLength(status, headers, bytes.length), options)
  exchange.response.end(bytes)
}

/**
 * Adds the length of the body to a head, where the status allows one.
 *
 * @param {number} status
 * @param {Record<string, string>} headers
 * @param {number} length
 * @returns {Record<string, string>}
 */
export function withLength(status, headers, length) {
  return status === 204 || status === 304
    ? headers
    : { ...headers, 'content-length': String(length) }
}
