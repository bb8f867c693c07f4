import { findEndpoint } from './find-endpoint.js'
import { parseGitHubPath } from './github-path.js'
import { RateLimit } from './rate-limit.js'
import { orNotFound, Refusal } from './refusal.js'

/** @import { Answer } from '../answer.js' */
/** @import { ServiceRequest } from '../request-log.js' */
/** @import { GitHubState, Handler } from './endpoint.js' */
/** @import { Permissions } from './permissions.js' */

/**
 * Stands in for the part of GitHub's API that secrets, environments and repositories have.
 *
 * @param {GitHubState} state
 * @param {Permissions} permissions
 * @param {() => Date} now
 * @returns {(request: ServiceRequest) => Promise<Answer> | undefined} Undefined: not a path of this API.
 */
export function createGitHubApi(state, permissions, now) {
  const rateLimit = new RateLimit(now)

  return (request) => {
    const path = parseGitHubPath(request.path)
    if (path === undefined) return undefined
    const endpoint = findEndpoint(state.accounts, path)
    const handler =
      endpoint !== undefined && Object.hasOwn(endpoint, request.method)
        ? endpoint[request.method]
        : undefined
    const apiUrl = `http://${request.headers['host'] ?? ''}${path.base}`
    return answerEndpoint(handler, request, apiUrl)
  }

  /**
   * @param {Handler | undefined} handler
   * @param {ServiceRequest} request
   * @param {string} apiUrl
   * @returns {Promise<Answer>}
   */
  async function answerEndpoint(handler, request, apiUrl) {
    const headers = {
      ...rateLimit.count(),
      ...(handler === undefined ? {} : { 'x-accepted-github-permissions': handler.accepts }),
    }
    try {
      const token = permissions.authenticate(request)
      const { accepts, handle } = orNotFound(handler)
      permissions.authorise(token, accepts, request)
      const answer = await handle({ state, request, apiUrl })
      return { ...answer, headers: { ...headers, ...answer.headers } }
    } catch (error) {
      if (error instanceof Refusal) return { ...error.answer, headers }
      throw error
    }
  }
}
