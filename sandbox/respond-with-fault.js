import { once } from 'node:events'
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
  if (fault === undefined) {
    sendPayload(exchange, encodeResponse(await work()))
    return
  }
  if (fault.kind === 'late') {
    // A slow server keeps working even if the client has given up.
    if (await pause(fault.delayMs, exchange.stopped)) await work()
    return
  }
  if (fault.kind !== 'slow-body' && fault.delayMs !== undefined) {
    if (!(await pause(fault.delayMs, exchange.over))) return
  }
  if (await failWithoutResponse(exchange, fault, work)) return

  const result = await work()
  const payload = encodeResponse(result)
  switch (fault.kind) {
    case 'truncate':
      sendHalf(exchange, payload)
      break
    case 'garble':
      sendPayload(exchange, { ...payload, status: 200, bytes: garble(payload.bytes) })
      break
    case 'omit': {
      const body = omitFields(result.body, fault.fields)
      sendPayload(exchange, encodeResponse({ ...result, body }))
      break
    }
    case 'huge':
      await sendHuge(exchange, payload, fault.bytes)
      break
    case 'slow-body':
      await sendSlowly(exchange, payload, fault.delayMs)
      break
    default:
      sendPayload(exchange, payload, { date: fault.kind !== 'no-date' })
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
  switch (fault.kind) {
    case 'status':
      if (fault.after === 'work') await work()
      sendPayload(exchange, encodeStatus(exchange, fault))
      return true
    case 'redirect': {
      const { status = 307, location } = fault
      sendPayload(
        exchange,
        encodeStatus(exchange, { kind: 'status', status, headers: { location } }),
      )
      return true
    }
    case 'reset':
      if (fault.when === 'work') await work()
      exchange.response.socket?.resetAndDestroy()
      return true
    case 'hold':
      if (fault.when === 'work') await work()
      return true
    default:
      return false
  }
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

/**
 * Pads the response with spaces, which JSON allows, so only a size limit can reject it. It is sent
 * without a length, so only a reader that counts bytes notices.
 *
 * @param {Exchange} exchange
 * @param {Payload} payload
 * @param {number} size
 */
async function sendHuge(exchange, payload, size) {
  const { response, over } = exchange
  const padding = Buffer.alloc(64 * 1024, ' ')
  sendHead(exchange, payload)
  response.write(payload.bytes)
  for (let left = size - payload.bytes.length; left > 0; left -= padding.length) {
    if (over.aborted) return
    if (response.write(padding.subarray(0, Math.min(left, padding.length)))) continue
    try {
      await once(response, 'drain', { signal: over })
    } catch {
      return
    }
  }
  response.end()
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
