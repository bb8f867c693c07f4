import { handleMethod, isJsonType, parseJson } from './http.js'
import { isRecord } from './shape.js'

/** @import { ServiceResponse, Controls, ServiceRequest } from './types.ts' */
/** @import { RecordedRequest, SandboxKey, ShownKey, ShownRequest } from './types.ts' */

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether a path belongs to the control plane, where no fault applies and nothing is recorded. @param {string} path */
export function isControlPath(path) {
  return path === '/_sandbox' || path.startsWith('/_sandbox/')
}

/**
 * Handles one request to the control plane.
 *
 * @param {Controls} controls
 * @param {ServiceRequest} request
 * @returns {ServiceResponse}
 */
export function handleControl(controls, request) {
  const reason = findReasonToRefuse(request.headers)
  if (reason !== undefined) return { status: 403, body: { detail: reason } }
  const route = routes[request.path]
  if (route === undefined) return { status: 404, body: { detail: 'Not Found' } }
  return handleMethod(route, request.method, (handle) => handle(controls, request))
}

/** @type {Record<string, Record<string, (controls: Controls, request: ServiceRequest) => ServiceResponse>>} By path and method. */
export const routes = {
  '/_sandbox/faults': {
    POST: ({ misbehave }, request) => change(request, 204, misbehave),
    DELETE({ behave }) {
      behave()
      return { status: 204 }
    },
  },
  '/_sandbox/keys': {
    GET: ({ keys }) => ok({ keys: keys().map(showKey) }),
    POST: ({ seedKey }, request) => change(request, 201, (seed) => showKey(seedKey(seed))),
  },
  '/_sandbox/requests': {
    GET: ({ requests }) => ok({ requests: requests.map(showRequest) }),
  },
  '/_sandbox/secrets': {
    GET({ github, allKeys }) {
      const keys = new Map(allKeys().map(({ key, id }) => [key, id]))
      const secrets = github.secrets().map(({ value, ...shown }) => {
        return { ...shown, matches: keys.get(value ?? '') ?? null }
      })
      return ok({ secrets })
    },
  },
}

/** @param {unknown} body @returns {ServiceResponse} */
function ok(body) {
  return { status: 200, body }
}

/**
 * Browsers are refused, because in them any page may send requests to loopback: such a request has an
 * Origin, and a name that was rebound to loopback shows in Host.
 *
 * @param {Record<string, string>} headers
 */
function findReasonToRefuse({ origin, host = '' }) {
  if (origin !== undefined) return 'The control plane refuses requests from a browser'
  const url = `http://${host}`
  return URL.canParse(url) && loopbackNames.has(new URL(url).hostname)
    ? undefined
    : 'The control plane accepts only loopback names'
}

/**
 * @param {ServiceRequest} request
 * @param {number} status That of a success.
 * @param {(value: unknown) => unknown} act
 * @returns {ServiceResponse}
 */
function change({ headers, text }, status, act) {
  if (!isJsonType(headers['content-type'])) {
    return { status: 415, body: { detail: 'Send JSON, with content-type: application/json' } }
  }
  const value = parseJson(text)
  if (value === undefined) return { status: 400, body: { detail: 'The body is not JSON' } }
  try {
    return { status, body: act(value) }
  } catch (error) {
    if (error instanceof TypeError) return { status: 422, body: { detail: error.message } }
    throw error
  }
}

/** @param {SandboxKey} key @returns {ShownKey} */
function showKey({ key: _, revokedAt, ...shown }) {
  return { ...shown, revoked: revokedAt !== null }
}

/** Without headers, query and sealed values: what may be secret. @param {RecordedRequest} request @returns {ShownRequest} */
function showRequest({ method, path, status, body }) {
  const hidden = isRecord(body) && 'encrypted_value' in body ? { encrypted_value: '…' } : {}
  return { method, path, status, body: isRecord(body) ? { ...body, ...hidden } : body }
}
