import { isRecord } from '../is-record.js'
import { assertWithholding } from './permissions.js'
import { readPullRequestSeed } from './pull-requests.js'

/** @import { Withholding } from './permissions.js' */
/** @import { PullRequestSeed } from './pull-requests.js' */

/**
 * What the GitHub half can be given from outside its process.
 *
 * @typedef {object} GitHubSeed
 * @property {string[]} organisations Names.
 * @property {string[]} repositories Full names.
 * @property {{ repository: string, name: string }[]} environments
 * @property {PullRequestSeed[]} pullRequests
 * @property {Withholding[]} withholdings
 */

const fields = ['organisations', 'repositories', 'environments', 'pullRequests', 'withholdings']

/**
 * Reads what is to be added to the GitHub half, or refuses it with a TypeError.
 *
 * @param {unknown} value
 * @returns {GitHubSeed}
 */
export function readGitHubSeed(value) {
  if (!isRecord(value)) throw new TypeError('Not a seed: expected an object.')
  const unknown = Object.keys(value).filter((field) => !fields.includes(field))
  if (unknown.length > 0) {
    throw new TypeError(`Not a seed: it takes ${fields.join(', ')}, and no ${unknown.join(', ')}.`)
  }
  return {
    organisations: readList(value, 'organisations', readName),
    repositories: readList(value, 'repositories', readName),
    environments: readList(value, 'environments', readEnvironment),
    pullRequests: readList(value, 'pullRequests', readPullRequestSeed),
    withholdings: readList(value, 'withholdings', readWithholding),
  }
}

/**
 * @template T
 * @param {Record<string, unknown>} seed
 * @param {string} field
 * @param {(entry: unknown) => T} readEntry
 * @returns {T[]}
 */
function readList(seed, field, readEntry) {
  const list = seed[field] ?? []
  if (!Array.isArray(list)) throw new TypeError(`Not a seed: ${field} must be an array.`)
  return list.map((/** @type {unknown} */ entry) => readEntry(entry))
}

/**
 * @param {unknown} entry
 * @returns {string}
 */
function readName(entry) {
  if (typeof entry === 'string' && entry !== '') return entry
  throw new TypeError('Not a seed: a name must be a non-empty string.')
}

/**
 * @param {unknown} entry
 * @returns {{ repository: string, name: string }}
 */
function readEnvironment(entry) {
  if (!isRecord(entry)) throw new TypeError('Not a seed: an environment is {repository, name}.')
  return { repository: readName(entry['repository']), name: readName(entry['name']) }
}

/**
 * @param {unknown} entry
 * @returns {Withholding}
 */
function readWithholding(entry) {
  assertWithholding(entry)
  return entry
}
