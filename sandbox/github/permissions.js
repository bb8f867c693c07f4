import { randomBytes } from 'node:crypto'
import { isRecord } from '../is-record.js'
import { matchesRequest } from '../request-match.js'
import { Refusal } from './refusal.js'

/** @import { ServiceRequest } from '../request-log.js' */
/** @import { RequestMatch } from '../request-match.js' */

/**
 * What the ready-made token may not do; 403 by default, and 404 as for what it cannot even see.
 *
 * @typedef {RequestMatch & { path: string | RegExp, status?: 403 | 404 }} Withholding
 */

/** Knows the two tokens, and what each of them may do. */
export class Permissions {
  /** May do everything that is not withheld. */
  fullToken = inventToken('full')
  /** May do what a workflow's own token may at most: secrets are beyond it. */
  workflowToken = inventToken('workflow')
  /** @type {Withholding[]} */
  #withheld = []

  /**
   * Takes a permission away.
   *
   * @param {Withholding} withholding
   * @returns {void}
   */
  withhold(withholding) {
    assertWithholding(withholding)
    this.#withheld.push(withholding)
  }

  /**
   * Gives everything back that was withheld.
   *
   * @returns {void}
   */
  grant() {
    this.#withheld = []
  }

  /**
   * Finds the token that a request was signed with.
   *
   * @param {ServiceRequest} request
   * @returns {string}
   */
  authenticate({ headers: { authorization } }) {
    if (authorization === undefined) throw new Refusal(401, 'Requires authentication')
    const token = /^(?:token|bearer) +(\S+)$/i.exec(authorization)?.[1]
    if (token !== this.fullToken && token !== this.workflowToken) {
      throw new Refusal(401, 'Bad credentials')
    }
    return token
  }

  /**
   * Refuses what a token may not do.
   *
   * @param {string} token
   * @param {string} accepted What the endpoint accepts, such as `secrets=write`.
   * @param {ServiceRequest} request
   * @returns {void}
   */
  authorise(token, accepted, request) {
    if (token === this.workflowToken) {
      if (!workflowPermissions.has(accepted)) throw refuseAccess()
      return
    }
    const withheld = this.#withheld.find((withholding) => matchesRequest(withholding, request))
    if (withheld?.status === 404) throw new Refusal(404, 'Not Found')
    if (withheld !== undefined) throw refuseAccess()
  }
}

const workflowPermissions = new Set(['metadata=read', 'actions=read', 'pull_requests=read'])

/** @returns {Refusal} */
function refuseAccess() {
  return new Refusal(403, 'Resource not accessible by integration')
}

/**
 * Invents a token that nobody could take for a real one.
 *
 * @param {string} kind
 * @returns {string}
 */
function inventToken(kind) {
  return `ghs_sandbox_${kind}_${randomBytes(18).toString('hex')}`
}

/**
 * Refuses a withholding that would never apply as written.
 *
 * @param {unknown} value
 * @returns {asserts value is Withholding}
 */
export function assertWithholding(value) {
  if (!isRecord(value)) throw new TypeError('Not a withholding: expected an object.')
  const { method, path, status, ...others } = value
  const problems = Object.keys(others).map((name) => `a withholding takes no ${name}`)
  if (method !== undefined && (typeof method !== 'string' || method === '')) {
    problems.push('method must be a non-empty string')
  }
  if (!(path instanceof RegExp) && (typeof path !== 'string' || path === '')) {
    problems.push('path must be a non-empty string or a RegExp')
  }
  if (status !== undefined && status !== 403 && status !== 404) {
    problems.push('status must be 403 or 404')
  }
  if (problems.length > 0) throw new TypeError(`Not a withholding: ${problems.join('; ')}.`)
}
