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

// Anything that looks like a credential of either service, even if this sandbox does not know it.
const secretShapes = /\b(?:mg_|[sp]k_(?:us|eu)_|gh[a-z]_|github_pat_)[\w.-]+/g

/**
 * Starts the record of a request; its body and status are added later.
 *
 * @param {Omit<ServiceRequest, 'text'>} head
 * @returns {RecordedRequest}
 */
export function beginRecord({ query, ...head }) {
  const names = [...new Set(query.keys())]
  return {
    ...head,
    query: Object.fromEntries(names.map((name) => [name, query.getAll(name).join(',')])),
    body: null,
    status: null,
  }
}

/**
 * Copies a JSON-like value without known secrets and anything that looks like one.
 *
 * @param {unknown} value
 * @param {readonly string[]} secrets
 * @returns {unknown}
 */
export function redact(value, secrets) {
  if (typeof value === 'string') return redactText(value, secrets)
  if (Array.isArray(value)) return value.map((entry) => redact(entry, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      redactText(name, secrets),
      secretFields.has(name.toLowerCase()) ? hidden : redact(entry, secrets),
    ]),
  )
}

/** @param {string} text @param {readonly string[]} secrets */
function redactText(text, secrets) {
  const known = secrets
    // Redacting a value as short as a word would mangle the record.
    .filter((secret) => secret.length >= 8)
    .reduce((rest, secret) => rest.replaceAll(secret, hidden), text)
  return known.replaceAll(secretShapes, hidden)
}
