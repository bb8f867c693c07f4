import { isRecord } from '../is-record.js'
import { createEndpoint } from './endpoint.js'
import { formatTime } from './format-time.js'
import { showPullRequest } from './published-shapes.js'
import { orNotFound } from './refusal.js'

/** @import { Repository } from './account-store.js' */
/** @import { Endpoint } from './endpoint.js' */

/**
 * @typedef {object} PullRequest
 * @property {number} number
 * @property {string} title
 * @property {'open' | 'closed'} state
 * @property {string} createdAt
 * @property {string | null} closedAt
 * @property {string | null} mergedAt
 */

/** @typedef {{ state?: 'open' | 'closed', merged?: boolean }} PullRequestOptions */
/** @typedef {{ repository: string, number: number, state: 'open' | 'closed' }} PullRequestSeed */

/**
 * The endpoint of one pull request of a repository. The permission comes first: who may not read
 * pull requests is not told which of them exist.
 *
 * @param {Repository} repository
 * @param {string} number As it stands in the path.
 * @returns {Endpoint}
 */
export function pullRequestEndpoint(repository, number) {
  return createEndpoint('pull_requests', {
    GET({ apiUrl }) {
      const isNumber = /^[1-9]\d*$/.test(number)
      const found = orNotFound(isNumber ? repository.pullRequests.get(Number(number)) : undefined)
      return { status: 200, body: showPullRequest(repository, found, apiUrl) }
    },
  })
}

/**
 * Adds a pull request to a repository, or changes the state of the one that exists.
 *
 * @param {Repository} repository
 * @param {number} number
 * @param {PullRequestOptions} options A merged one is closed.
 * @param {Date} now
 * @returns {PullRequest}
 */
export function putPullRequest(repository, number, { state, merged = false }, now) {
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new TypeError('A pull request has a whole number, 1 or more.')
  }
  if (merged && state === 'open') throw new TypeError('A merged pull request is not open.')
  const at = formatTime(now)
  const isClosed = merged || state === 'closed'
  /** @type {PullRequest} */
  const pullRequest = {
    number,
    title: `Pull request ${number}`,
    state: isClosed ? 'closed' : 'open',
    createdAt: repository.pullRequests.get(number)?.createdAt ?? at,
    closedAt: isClosed ? at : null,
    mergedAt: merged ? at : null,
  }
  repository.pullRequests.set(number, pullRequest)
  return pullRequest
}

/**
 * Reads a pull request that is to be added, or refuses it with a TypeError.
 *
 * @param {unknown} entry
 * @returns {PullRequestSeed}
 */
export function readPullRequestSeed(entry) {
  if (isRecord(entry)) {
    const { repository, number, state = 'open', ...others } = entry
    const isKnown = Object.keys(others).length === 0 && (state === 'open' || state === 'closed')
    if (isKnown && typeof repository === 'string' && typeof number === 'number') {
      return { repository, number, state }
    }
  }
  throw new TypeError(
    'Not a seed: a pull request is {repository, number, state}, state open or closed.',
  )
}
