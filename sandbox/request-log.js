/** @import { RecordedRequest, ServiceRequest } from './types.ts' */

const hidden = '[redacted]'

const secretFields = new Set([
  'authorization',
  'cookie',
  'encrypted_value',
  'key',
  'x-management-key',
  'x-vital-org-key',
])

// Whatever looks like a credential of either service, known to this sandbox or not.
const secretShapes = /\b(?:mg_|[sp]k_(?:us|eu)_|gh[a-z]_|github_pat_)[\w.-]+/g

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
    return JSON.parse(text)
  } catch {
    return text
  }
}

/**
 * Copies a JSON-like value with every known secret, and all that looks like one, left out.
 *
 * @param {unknown} value
 * @param {readonly string[]} secrets
 * @returns {unknown}
 */
export function redact(value, secrets) {
  if (typeof value === 'string') return redactText(value, secrets)
  if (Array.isArray(value)) {
    return value.map((/** @type {unknown} */ entry) => redact(entry, secrets))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map((/** @type {[string, unknown]} */ [name, entry]) => [
      redactText(name, secrets),
      secretFields.has(name.toLowerCase()) ? hidden : redact(entry, secrets),
    ]),
  )
}

/**
 * @param {string} text
 * @param {readonly string[]} secrets
 */
function redactText(text, secrets) {
  const known = secrets
    // A value as short as a word would take half the record with it.
    .filter((secret) => secret.length >= 8)
    .reduce((rest, secret) => rest.replaceAll(secret, hidden), text)
  return known.replaceAll(secretShapes, hidden)
}
