import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/**
 * Sends one GET with a Management Key; redirects are not followed, since the key would travel along.
 *
 * @param {string} url
 * @param {string} managementKey
 * @returns {Promise<{ status: number, body: unknown }>} The body parsed, or `undefined` when it is no JSON.
 */
export function requestJson(url, managementKey) {
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        headers: { accept: 'application/json', 'x-management-key': managementKey },
        signal: AbortSignal.timeout(30_000),
      },
      (response) => {
        /** @type {Buffer[]} */
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, body: parse(text) })
        })
      },
    )
    request.on('error', reject)
    request.end()
  })
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads an answer's fields; whatever is no object has none.
 *
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
export function recordOf(value) {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}
