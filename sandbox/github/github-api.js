import { findEndpoint } from './endpoints.js'
import { orNotFound, Refusal } from './refusal.js'

/** @import { Endpoint, ServiceResponse, ServiceRequest } from '../types.ts' */
/** @import { Permissions } from './permissions.js' */
/** @import { GitHubState } from './endpoints.js' */

/** Base path of the stand-in for api.github.com. */
export const githubBase = '/github'

/** Base path of the stand-in for GitHub Enterprise Server. */
export const enterpriseBase = '/api/v3'

/** Whether a path belongs to the GitHub half of the sandbox. @param {string} path */
export function isGitHubPath(path) {
  return findBase(path) !== undefined
}

/**
 * Stands in for the part of GitHub's API that secrets, environments and repositories have.
 *
 * @param {GitHubState} state
 * @param {Permissions} permissions
 * @param {() => Date} now
 * @returns {(request: ServiceRequest) => Promise<ServiceResponse> | undefined} Undefined: not a path of this API.
 */
export function createGitHubApi(state, permissions, now) {
  return (request) => {
    const base = findBase(request.path)
    if (base === undefined) return undefined
    const path = request.path.slice(base.length)
    const endpoint = findEndpoint(state, path, base === enterpriseBase)
    return callEndpoint(endpoint, request, `http://${request.headers['host'] ?? ''}${base}`)
  }

  /**
   * @param {Endpoint | undefined} endpoint
   * @param {ServiceRequest} request
   * @param {string} apiUrl
   * @returns {Promise<ServiceResponse>}
   */
  async function callEndpoint(endpoint, request, apiUrl) {
    const handle = new Map(Object.entries(endpoint?.methods ?? {})).get(request.method)
    const accepted = endpoint && handle ? nameAccess(endpoint, request.method) : undefined
    const headers = {
      ...describeRateLimit(now()),
      ...(accepted === undefined ? {} : { 'x-accepted-github-permissions': accepted }),
    }
    try {
      const token = permissions.authenticate(request)
      permissions.authorize(token, orNotFound(accepted), request)
      const result = await orNotFound(handle)({ request, apiUrl })
      return { ...result, headers: { ...headers, ...result.headers } }
    } catch (error) {
      if (error instanceof Refusal) return { ...error.response, headers }
      throw error
    }
  }
}

/** Every response says what is left of a limit, which no request here ever reaches. @param {Date} now */
function describeRateLimit(now) {
  return {
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-used': '1',
    'x-ratelimit-reset': String(Math.floor(now.getTime() / 1000) + 3600),
    'x-ratelimit-resource': 'core',
  }
}

/** @param {Endpoint} endpoint @param {string} method */
function nameAccess({ permission, writePermission = permission }, method) {
  return method === 'GET' ? `${permission}=read` : `${writePermission}=write`
}

/** @param {string} path */
function findBase(path) {
  return [githubBase, enterpriseBase].find((base) => path === base || path.startsWith(`${base}/`))
}
