import { randomBytes } from 'node:crypto'
import { matchesRequest } from '../http.js'
import { Refusal } from './refusal.js'

/** @import { ServiceRequest, Withholding } from '../types.ts' */

const workflowPermissions = new Set(['metadata=read', 'actions=read', 'pull_requests=read'])

/** The two tokens, and what each of them may do. */
export class Permissions {
  /** May do everything that is not withheld. */
  fullToken = inventToken('full')
  /** May do at most what a workflow's own token may: no secrets. */
  workflowToken = inventToken('workflow')
  /** @type {Withholding[]} */
  #withheld = []

  /** Withholds a permission. @param {Withholding} added */
  withhold(added) {
    this.#withheld.push(added)
  }

  /** Restores every withheld permission. */
  grant() {
    this.#withheld = []
  }

  /** Finds the token of a request. @param {ServiceRequest} request */
  authenticate({ headers: { authorization } }) {
    if (authorization === undefined) throw new Refusal(401, 'Requires authentication')
    const token = /^(?:token|bearer) +(\S+)$/i.exec(authorization)?.[1]
    if (token !== this.fullToken && token !== this.workflowToken) {
      throw new Refusal(401, 'Bad credentials')
    }
    return token
  }

  /**
   * Rejects what a token may not do.
   *
   * @param {string} token
   * @param {string} accepted What the endpoint accepts, such as `secrets=write`.
   * @param {ServiceRequest} request
   */
  authorize(token, accepted, request) {
    const isWorkflow = token === this.workflowToken
    const withheld = this.#withheld.find((each) => !isWorkflow && matchesRequest(each, request))
    if (withheld?.status === 404) throw new Refusal(404, 'Not Found')
    if (withheld !== undefined || (isWorkflow && !workflowPermissions.has(accepted))) {
      throw new Refusal(403, 'Resource not accessible by integration')
    }
  }
}

/** Creates a token that is obviously fake. @param {string} kind */
function inventToken(kind) {
  return `ghs_sandbox_${kind}_${randomBytes(18).toString('hex')}`
}
