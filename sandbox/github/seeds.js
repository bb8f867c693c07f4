import { findProblems, listOf, oneOf, refuse, text, wholeNumber } from '../shape.js'
import { withholdingShape } from './permissions.js'
import { findNameProblems } from './secret-body.js'
import { findSelectionProblems } from './secret-endpoints.js'

/** @import { Shape } from '../types.ts' */
/** @import { AccountStore } from './account-store.js' */
/** @import { Destination, GitHubSeed, SecretSeed } from './types.ts' */

const pullRequestShape = {
  needs: { repository: text, number: wholeNumber(1) },
  takes: { state: oneOf('open', 'closed') },
}

/** @type {Shape} */
const seedShape = {
  takes: {
    organizations: listOf('names', text),
    repositories: listOf('full names', text),
    environments: listOf('{repository, name}', { needs: { repository: text, name: text } }),
    pullRequests: listOf('{repository, number, state}', pullRequestShape),
    withholdings: listOf('{method, path, status}', withholdingShape),
  },
}

/**
 * Rejects an invalid seed, with every reason at once.
 *
 * @param {unknown} value
 * @returns {asserts value is GitHubSeed}
 */
export function assertGitHubSeed(value) {
  refuse('a seed', findProblems('a seed', value, seedShape))
}

/**
 * Splits the full name of a repository. Throws a TypeError if it is not valid.
 *
 * @param {string} fullName
 */
export function splitFullName(fullName) {
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(fullName) ?? []
  if (owner === undefined || name === undefined) {
    throw new TypeError('A repository is named owner/name.')
  }
  return { owner, name }
}

/**
 * Finds the place that a secret's seed names. Throws a TypeError if it does not exist, or if GitHub
 * could not store the secret there.
 *
 * @param {AccountStore} accounts
 * @param {SecretSeed} seed
 * @returns {Destination}
 */
export function placeSeed(accounts, seed) {
  const { store = 'actions', owner, repo, environment, selectedRepositoryIds = [] } = seed
  const destination = findPlace(accounts, seed)
  if (destination === undefined) {
    throw new TypeError(`There is no ${[owner, repo, environment].filter(Boolean).join('/')}.`)
  }
  const problems = [
    ...findNameProblems(seed.name),
    ...findSelectionProblems(accounts, destination, selectedRepositoryIds),
  ]
  if (environment !== undefined && (repo === undefined || store !== 'actions')) {
    problems.push('an environment needs a repo, and has the store actions only')
  }
  if (seed.visibility !== undefined && repo !== undefined) {
    problems.push('visibility is for organizations')
  }
  if (selectedRepositoryIds.length > 0 && seed.visibility !== 'selected') {
    problems.push('selectedRepositoryIds goes with visibility selected only')
  }
  refuse('a seed', problems)
  return destination
}

/**
 * @param {AccountStore} accounts
 * @param {SecretSeed} seed
 * @returns {Destination | undefined}
 */
function findPlace(accounts, { store = 'actions', owner, repo, environment }) {
  if (repo === undefined) {
    const login = accounts.findOrganization(owner)
    return login === undefined ? undefined : { store, scope: 'organization', owner: login }
  }
  const repository = accounts.findRepository(owner, repo)
  if (repository === undefined) return undefined
  const place = { store, owner: repository.owner, repo: repository.name }
  if (environment === undefined) return { ...place, scope: 'repository' }
  const found = accounts.findEnvironment(repository, environment)
  return found && { ...place, scope: 'environment', environment: found.name }
}
