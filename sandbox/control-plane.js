import { handleMethod, isJsonType } from './http.js'
import { redact } from './request-log.js'

/** @import { SandboxGitHub, SandboxSecret } from './github/types.ts' */
/** @import { SandboxKey } from './junction/types.ts' */
/** @import { ServiceResponse, Controls, ControlViews, ServiceRequest, ShownKey, ShownSecret } from './types.ts' */

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Whether a path belongs to the control plane, where no fault applies and nothing is recorded.
 *
 * @param {string} path
 */
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
  const refusal = refuseStranger(request)
  if (refusal !== undefined) return refusal
  const route = routes[request.path]
  if (route === undefined) return { status: 404, body: { detail: 'Not Found' } }
  return handleMethod(route, request.method, (handle) => handle(controls, request))
}

/** @type {Record<string, Record<string, (controls: Controls, request: ServiceRequest) => ServiceResponse>>} By path and method. */
export const routes = {
  '/_sandbox/faults': {
    POST: (controls, request) =>
      withJson(request, (fault) => {
        controls.misbehave(fault)
        return { status: 204 }
      }),
    DELETE: (controls) => {
      controls.behave()
      return { status: 204 }
    },
  },
  '/_sandbox/github': {
    GET: (controls) => ({ status: 200, body: showGitHub(controls.github) }),
    POST: (controls, request) =>
      withJson(request, (seed) => {
        controls.seedGitHub(seed)
        return { status: 201, body: showGitHub(controls.github) }
      }),
  },
  '/_sandbox/keys': {
    GET: (controls) => ({ status: 200, body: { keys: controls.keys().map(showKey) } }),
    POST: (controls, request) =>
      withJson(request, (seed) => ({ status: 201, body: showKey(controls.seedKey(seed)) })),
  },
  '/_sandbox/requests': {
    GET: (controls) => ({
      status: 200,
      body: { requests: redact(controls.requests, controls.secrets()) },
    }),
  },
  '/_sandbox/secrets': {
    GET: (controls) => ({
      status: 200,
      body: { secrets: controls.github.secrets().map((secret) => showSecret(controls, secret)) },
    }),
  },
}

/**
 * Rejects browsers, in which any page may send requests to loopback: such a request has an Origin, and
 * a name that was rebound to loopback shows in Host.
 *
 * @param {ServiceRequest} request
 * @returns {ServiceResponse | undefined}
 */
function refuseStranger({ headers: { origin, host = '' } }) {
  if (origin !== undefined) {
    return { status: 403, body: { detail: 'The control plane refuses requests from a browser' } }
  }
  const url = `http://${host}`
  if (!URL.canParse(url) || !loopbackNames.has(new URL(url).hostname)) {
    return { status: 403, body: { detail: 'The control plane accepts only loopback names' } }
  }
  return undefined
}

/**
 * @param {ServiceRequest} request
 * @param {(value: unknown) => ServiceResponse} act
 * @returns {ServiceResponse}
 */
function withJson({ headers, text }, act) {
  if (!isJsonType(headers['content-type'])) {
    return { status: 415, body: { detail: 'Send JSON, with content-type: application/json' } }
  }
  /** @type {unknown} */
  let value
  try {
    value = JSON.parse(text)
  } catch {
    return { status: 400, body: { detail: 'The body is not JSON' } }
  }
  try {
    return act(value)
  } catch (error) {
    if (error instanceof TypeError) return { status: 422, body: { detail: error.message } }
    throw error
  }
}

/**
 * @param {SandboxKey} key
 * @returns {ShownKey}
 */
function showKey({ id, label, teamIds, role, createdAt, revokedAt }) {
  return { id, label, teamIds, role, createdAt, revoked: revokedAt !== null }
}

/**
 * Shows a secret without its value, and the ID of the key that it contains.
 *
 * @param {Controls} controls
 * @param {SandboxSecret} secret
 * @returns {ShownSecret}
 */
function showSecret({ findKeyId }, { value, ...shown }) {
  return { ...shown, matches: findKeyId(value) }
}

/**
 * @param {SandboxGitHub} github
 * @returns {ControlViews['github']}
 */
function showGitHub(github) {
  return {
    organizations: github.organizations(),
    repositories: github.repositories(),
    environments: github.environments(),
    pullRequests: github.pullRequests(),
    environmentResets: github.environmentResets(),
  }
}
