/** @import { IncomingMessage } from 'node:http' */

/**
 * One request as the sandbox saw it, secrets and all.
 *
 * @typedef {object} RecordedRequest
 * @property {string} method
 * @property {string} path As received, without the query.
 * @property {Record<string, string>} query A parameter given twice is joined by commas.
 * @property {Record<string, string>} headers Names in lower case.
 * @property {unknown} body Parsed when it is JSON, else the text; `null` when there was none.
 * @property {number | null} status `null` as long as no answer was sent.
 * @property {number} at When it arrived, in milliseconds of real time.
 */

/**
 * A request as a service answers it.
 *
 * @typedef {object} ServiceRequest
 * @property {string} method
 * @property {string} path
 * @property {URLSearchParams} query
 * @property {Record<string, string>} headers
 * @property {string} text The body, unparsed.
 */

/**
 * Takes down a request's head in the form that services and records share. The target is split by
 * hand: a URL parser would tidy up paths that no service knows.
 *
 * @param {IncomingMessage} request
 * @returns {Omit<ServiceRequest, 'text'>}
 */
export function readHead({ method = '', url = '', headers }) {
  const mark = url.indexOf('?')
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]),
    ),
  }
}

/**
 * Begins the record of a request; its body and status are filled in as they come to pass.
 *
 * @param {Omit<ServiceRequest, 'text'>} head
 * @returns {RecordedRequest}
 */
export function beginRecord({ method, path, query, headers }) {
  const names = [...new Set(query.keys())]
  return {
    method,
    path,
    query: Object.fromEntries(names.map((name) => [name, query.getAll(name).join(',')])),
    headers,
    body: null,
    status: null,
    at: Date.now(),
  }
}

/**
 * Reads a recorded body for people: JSON as its value, anything else as it came.
 *
 * @param {string} text
 * @returns {unknown}
 */
export function parseRecordedBody(text) {
  if (text === '') return null
  try {
    /** @type {unknown} */
    const value = JSON.parse(text)
    return value
  } catch {
    return text
  }
}
