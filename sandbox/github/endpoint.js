/** @import { Answer } from '../answer.js' */
/** @import { ServiceRequest } from '../request-log.js' */
/** @import { AccountStore } from './account-store.js' */
/** @import { PublicKeyFaults } from './public-key-faults.js' */
/** @import { SecretStore } from './secret-store.js' */

/**
 * What the GitHub half knows.
 *
 * @typedef {object} GitHubState
 * @property {AccountStore} accounts
 * @property {SecretStore} secrets
 * @property {PublicKeyFaults} publicKeyFaults
 */

/**
 * A request on its way to an endpoint.
 *
 * @typedef {object} Call
 * @property {GitHubState} state
 * @property {ServiceRequest} request
 * @property {string} apiUrl Base URL under which it was called.
 */

/**
 * @typedef {object} Handler
 * @property {string} accepts The permission it asks for, such as `secrets=write`.
 * @property {(call: Call) => Answer | Promise<Answer>} handle
 */

/** @typedef {Record<string, Handler>} Endpoint What a path answers to, by method. */

/**
 * Makes an endpoint that needs a permission to read for GET, and to write for everything else.
 *
 * @param {string} permission
 * @param {Record<string, (call: Call) => Answer | Promise<Answer>>} handlers
 * @returns {Endpoint}
 */
export function createEndpoint(permission, handlers) {
  return Object.fromEntries(
    Object.entries(handlers).map(([method, handle]) => [
      method,
      { accepts: `${permission}=${method === 'GET' ? 'read' : 'write'}`, handle },
    ]),
  )
}
