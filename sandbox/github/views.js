/** @import { Environment, Repository } from './account-store.js' */
/** @import { Destination, SecretScope, SecretStoreName } from './destination.js' */
/** @import { Protection } from './environment-body.js' */
/** @import { PullRequest } from './pull-requests.js' */
/** @import { StoredSecret, Visibility } from './secret-store.js' */

/**
 * @typedef {object} SandboxRepository
 * @property {number} id
 * @property {string} owner
 * @property {string} name
 * @property {string} fullName
 * @property {boolean} private
 */

/**
 * @typedef {object} SandboxEnvironment
 * @property {string} owner
 * @property {string} repo
 * @property {string} name
 * @property {Protection} protection
 * @property {string} createdAt
 * @property {string} updatedAt
 */

/**
 * @typedef {object} SandboxPullRequest
 * @property {string} owner
 * @property {string} repo
 * @property {number} number
 * @property {'open' | 'closed'} state
 * @property {boolean} merged
 */

/**
 * @typedef {object} SandboxSecret
 * @property {SecretStoreName} store
 * @property {SecretScope} scope
 * @property {string} owner
 * @property {string} [repo]
 * @property {string} [environment]
 * @property {string} name
 * @property {string | null} value `null` when its destination's private key did not open it.
 * @property {Visibility} [visibility] Of an organisation's secret.
 * @property {number[]} [selectedRepositoryIds] With visibility `selected`.
 * @property {string} createdAt
 * @property {string} updatedAt
 */

/**
 * Copies a repository for whoever runs the sandbox.
 *
 * @param {Repository} repository
 * @returns {SandboxRepository}
 */
export function viewRepository({ id, owner, name, private: isPrivate }) {
  return { id, owner, name, fullName: `${owner}/${name}`, private: isPrivate }
}

/**
 * Copies an environment for whoever runs the sandbox.
 *
 * @param {Repository} repository
 * @param {Environment} environment
 * @returns {SandboxEnvironment}
 */
export function viewEnvironment({ owner, name: repo }, environment) {
  const { name, protection, createdAt, updatedAt } = environment
  return { owner, repo, name, protection: structuredClone(protection), createdAt, updatedAt }
}

/**
 * Copies a pull request for whoever runs the sandbox.
 *
 * @param {Repository} repository
 * @param {PullRequest} pullRequest
 * @returns {SandboxPullRequest}
 */
export function viewPullRequest({ owner, name: repo }, { number, state, mergedAt }) {
  return { owner, repo, number, state, merged: mergedAt !== null }
}

/**
 * Copies a secret, its opened value included, for whoever runs the sandbox.
 *
 * @param {Destination} destination
 * @param {StoredSecret} secret
 * @returns {SandboxSecret}
 */
export function viewSecret(destination, secret) {
  const { name, value, visibility, selectedRepositoryIds, createdAt, updatedAt } = secret
  return {
    ...destination,
    name,
    value,
    ...(visibility === null ? {} : { visibility }),
    ...(visibility === 'selected' ? { selectedRepositoryIds: [...selectedRepositoryIds] } : {}),
    createdAt,
    updatedAt,
  }
}
