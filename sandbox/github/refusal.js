/** @import { ServiceResponse } from '../types.ts' */

import { parseJson } from '../http.js'

/** Thrown for a request that GitHub would reject. */
export class Refusal extends Error {
  /** @type {ServiceResponse} */
  response

  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message)
    this.name = 'Refusal'
    this.response = { status, body: errorBody(status, message) }
  }
}

/** Rejects a request whose content violates the published schema or another rule. @param {string[]} problems */
export function refuseInvalid(problems) {
  if (problems.length > 0) throw new Refusal(422, `Invalid request: ${problems.join('; ')}.`)
}

/** Returns what was found, or throws a 404. @template T @param {T | undefined} found @returns {T} */
export function orNotFound(found) {
  if (found === undefined) throw new Refusal(404, 'Not Found')
  return found
}

/** Reads a body as JSON; `null` when there is none. GitHub ignores the content type. @param {string} text */
export function readJson(text) {
  if (text === '') return null
  const body = parseJson(text)
  if (body === undefined) throw new Refusal(400, 'Problems parsing JSON')
  return body
}

/**
 * Creates the default body of a failure.
 *
 * @param {number} status
 * @param {string} reason The message if GitHub has none of its own.
 * @param {Record<string, string>} [headers] Those that are sent with it.
 */
export function describeFailure(status, reason, headers = {}) {
  const { location } = headers
  return {
    ...errorBody(status, explain(status, new Headers(headers)) ?? reason),
    ...(location === undefined ? {} : { url: location }),
  }
}

/** @param {number} status @param {Headers} headers */
function explain(status, headers) {
  if (status === 401) return 'Bad credentials'
  if (status !== 403 && status !== 429) return undefined
  if (headers.get('x-ratelimit-remaining') === '0') return 'API rate limit exceeded'
  if (headers.has('retry-after') || status === 429) {
    return 'You have exceeded a secondary rate limit'
  }
  return 'Resource not accessible by integration'
}

/** @param {number} status @param {string} message */
function errorBody(status, message) {
  return { message, documentation_url: 'https://docs.github.com/rest', status: String(status) }
}
