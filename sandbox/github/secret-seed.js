import { findEnvironment } from './account-store.js'
import { isVisibility } from './secret-body.js'
import { findNameProblems } from './secret-name.js'
import { findSelectionProblems } from './selection-endpoints.js'

/** @import { AccountStore, Repository } from './account-store.js' */
/** @import { Destination, SecretStoreName } from './destination.js' */
/** @import { Visibility } from './secret-store.js' */

/**
 * What a secret can be seeded with. Its place is an environment when one is named, else the
 * repository, else the organisation `owner`.
 *
 * @typedef {object} SecretSeed
 * @property {string} name
 * @property {string | null} [value] Default: some other value, as an old key's would be.
 * @property {SecretStoreName} [store] Default `actions`.
 * @property {string} owner
 * @property {string} [repo]
 * @property {string} [environment]
 * @property {Visibility} [visibility] An organisation's secret only; default `private`.
 * @property {number[]} [selectedRepositoryIds] With visibility `selected` only.
 */

/**
 * Finds the place that a seed names, or refuses it with a TypeError.
 *
 * @param {AccountStore} accounts
 * @param {SecretSeed} seed
 * @returns {Destination}
 */
export function placeSeed(accounts, seed) {
  const { store = 'actions', owner, repo, environment } = seed
  if (repo === undefined) {
    const login = accounts.findOrganisation(owner)
    if (login === undefined) throw new TypeError(`There is no organisation ${owner}.`)
    /** @type {Destination} */
    const destination = { store, scope: 'organisation', owner: login }
    refuseSeed(findSelectionProblems(accounts, destination, seed.selectedRepositoryIds ?? []))
    return destination
  }
  const repository = accounts.findRepository(owner, repo)
  if (repository === undefined) throw new TypeError(`There is no repository ${owner}/${repo}.`)
  const place = { store, owner: repository.owner, repo: repository.name }
  if (environment === undefined) return { ...place, scope: 'repository' }
  return { ...place, scope: 'environment', environment: nameEnvironment(repository, environment) }
}

/**
 * Refuses a seed that GitHub could not hold, with every reason at once.
 *
 * @param {SecretSeed} seed
 * @returns {void}
 */
export function assertSecretSeed(seed) {
  const { name, store, repo, environment, visibility, selectedRepositoryIds } = seed
  const problems = findNameProblems(name)
  const isOfOrganisation = repo === undefined
  if (isOfOrganisation && environment !== undefined) problems.push('an environment needs a repo')
  if (environment !== undefined && store !== undefined && store !== 'actions') {
    problems.push('an environment has the store actions only')
  }
  if (visibility !== undefined && !(isOfOrganisation && isVisibility(visibility))) {
    problems.push('visibility is for organisations: all, private or selected')
  }
  if (selectedRepositoryIds !== undefined && visibility !== 'selected') {
    problems.push('selectedRepositoryIds goes with visibility selected only')
  }
  refuseSeed(problems)
}

/**
 * @param {Repository} repository
 * @param {string} name
 * @returns {string}
 */
function nameEnvironment(repository, name) {
  const environment = findEnvironment(repository, name)
  if (environment === undefined) throw new TypeError(`There is no environment ${name}.`)
  return environment.name
}

/**
 * @param {string[]} problems
 * @returns {void}
 */
function refuseSeed(problems) {
  if (problems.length > 0) throw new TypeError(`Not a seed: ${problems.join('; ')}.`)
}
