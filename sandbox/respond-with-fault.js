import { setTimeout as sleep } from 'node:timers/promises'
import { encodeResponse, sendHead, sendPayload, withLength } from './http.js'
import { isRecord } from './shape.js'

/** @import { ServiceResponse, Exchange, Fault, Payload, StatusFault } from './types.ts' */

/** @typedef {() => ServiceResponse | Promise<ServiceResponse>} Work Does what the request asks. */

// Fields that contain the lists in the responses of the two services.
const listFields = new Set(['api_keys', 'data', 'repositories', 'secrets'])

/**
 * Answers one request, as the fault that applies to it requires.
 *
 * @param {Exchange} exchange
 * @param {Fault | undefined} fault
 * @param {Work} work Called at most once.
 */
export async function respondWithFault(exchange, fault, work) {
  if (fault === undefined) return sendPayload(exchange, encodeResponse(await work()))
  if (fault.kind !== 'slow-body' && fault.delayMs !== undefined) {
    // A slow server keeps working even if the client has given up.
    const until = fault.kind === 'hold' ? exchange.stopped : exchange.over
    if (!(await pause(fault.delayMs, until))) return
  }
  if (await failWithoutResponse(exchange, fault, work)) return

  const result = await work()
  const payload = encodeResponse(result)
  switch (fault.kind) {
    case 'truncate':
      return sendHalf(exchange, payload)
    case 'garble':
      return sendPayload(exchange, { ...payload, status: 200, bytes: garble(payload.bytes) })
    case 'omit': {
      const body = omitFields(result.body, fault.fields)
      return sendPayload(exchange, encodeResponse({ ...result, body }))
    }
    case 'huge': {
      // Spaces, which JSON allows, so that only a size limit can reject it.
      const padding = Buffer.alloc(fault.bytes, ' ')
      return sendPayload(exchange, { ...payload, bytes: Buffer.concat([payload.bytes, padding]) })
    }
    case 'slow-body':
      return sendSlowly(exchange, payload, fault.delayMs)
    default:
      return sendPayload(exchange, payload, { date: fault.kind !== 'no-date' })
  }
}

/**
 * Applies a fault that does not use the usual response; returns whether this was one.
 *
 * @param {Exchange} exchange
 * @param {Fault} fault
 * @param {Work} work
 */
async function failWithoutResponse(exchange, fault, work) {
  const { kind } = fault
  if (kind !== 'status' && kind !== 'redirect' && kind !== 'reset' && kind !== 'hold') return false
  const moment = kind === 'status' ? fault.after : kind === 'redirect' ? 'before' : fault.when
  if (moment === 'work') await work()
  if (kind === 'status') sendPayload(exchange, encodeStatus(exchange, fault))
  if (kind === 'redirect') {
    const { status = 307, location } = fault
    sendPayload(exchange, encodeStatus(exchange, { kind: 'status', status, headers: { location } }))
  }
  if (kind === 'reset') exchange.response.socket?.resetAndDestroy()
  return true
}

/** @param {Exchange} exchange @param {StatusFault} fault @returns {Payload} */
function encodeStatus({ describeFailure }, { status, retryAfter, headers, body }) {
  const all = {
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...headers,
  }
  if (status === 204 || status === 304) return { status, headers: all, bytes: Buffer.alloc(0) }
  const isPage = typeof body === 'string' && body.trimStart().startsWith('<')
  const type = `text/${isPage ? 'html' : 'plain'}; charset=utf-8`
  return typeof body === 'string'
    ? { status, headers: { 'content-type': type, ...all }, bytes: Buffer.from(body) }
    : encodeResponse({ status, body: body ?? describeFailure(status, all), headers: all })
}

/** @param {Exchange} exchange @param {Payload} payload */
function sendHalf(exchange, payload) {
  const { response } = exchange
  const { bytes } = payload
  sendHead(exchange, withLength(payload))
  response.flushHeaders()
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
    response.socket?.destroySoon()
  })
}

/**
 * Corrupts a body right after its last value: a parser's message often quotes the text next to the
 * error, and in the response with a new key that is the key.
 *
 * @param {Buffer} bytes
 */
function garble(bytes) {
  return Buffer.concat([bytes.subarray(0, -1), Buffer.from('<!-- lost on the way -->')])
}

/**
 * Omits fields from a response, and from each entry if the response is a list.
 *
 * @param {unknown} body
 * @param {string[]} fields
 * @returns {unknown}
 */
function omitFields(body, fields) {
  if (!isRecord(body)) return body
  const kept = Object.entries(body).filter(([name]) => !fields.includes(name))
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      listFields.has(name) && Array.isArray(value)
        ? value.map((entry) => omitFields(entry, fields))
        : value,
    ]),
  )
}

/** @param {Exchange} exchange @param {Payload} payload @param {number} delayMs */
async function sendSlowly(exchange, payload, delayMs) {
  const { response, over } = exchange
  sendHead(exchange, withLength(payload))
  response.flushHeaders()
  for (const byte of payload.bytes) {
    if (!(await pause(delayMs, over))) return
    response.write(Buffer.from([byte]))
  }
  response.end()
}

/** Waits; returns whether the wait was completed. @param {number} ms @param {AbortSignal} signal */
async function pause(ms, signal) {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
