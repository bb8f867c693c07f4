import { formatTime } from './format-time.js'

/** @import { Protection } from './environment-body.js' */
/** @import { PullRequest } from './pull-requests.js' */

/**
 * @typedef {object} Repository
 * @property {number} id
 * @property {string} owner
 * @property {string} name
 * @property {boolean} private
 * @property {Map<string, Environment>} environments By name in lower case.
 * @property {Map<number, PullRequest>} pullRequests By number.
 */

/**
 * @typedef {object} Environment
 * @property {number} id
 * @property {string} name
 * @property {Protection} protection
 * @property {string} createdAt
 * @property {string} updatedAt
 */

/**
 * A write to an environment that existed, which replaced its protection rules.
 *
 * @typedef {object} EnvironmentReset
 * @property {string} owner
 * @property {string} repo
 * @property {string} environment
 * @property {Protection} before
 * @property {Protection} after
 * @property {string} at
 */

/** Holds organisations, repositories and their environments; names are found in any case. */
export class AccountStore {
  /** @type {Map<string, string>} */
  #organisations = new Map()
  /** @type {Map<string, Repository>} */
  #repositories = new Map()
  /** @type {EnvironmentReset[]} */
  #resets = []
  #lastId = 700_000_000
  #now

  /** @param {() => Date} now */
  constructor(now) {
    this.#now = now
  }

  /** Every repository, in the order in which they were added. */
  get repositories() {
    return [...this.#repositories.values()]
  }

  /** Every organisation's name. */
  get organisations() {
    return [...this.#organisations.values()]
  }

  /** Every write to an environment that existed by then. */
  get resets() {
    return [...this.#resets]
  }

  /**
   * Adds an organisation, unless it exists.
   *
   * @param {string} login
   * @returns {void}
   */
  addOrganisation(login) {
    if (this.findOrganisation(login) === undefined) {
      this.#organisations.set(login.toLowerCase(), login)
    }
  }

  /**
   * Finds an organisation's name as it is written.
   *
   * @param {string} login
   * @returns {string | undefined}
   */
  findOrganisation(login) {
    return this.#organisations.get(login.toLowerCase())
  }

  /**
   * Adds a repository, or finds the one that exists.
   *
   * @param {{ owner: string, name: string, private: boolean }} seed
   * @returns {Repository}
   */
  addRepository(seed) {
    const found = this.findRepository(seed.owner, seed.name)
    if (found !== undefined) return found
    /** @type {Repository} */
    const repository = {
      id: this.#nextId(),
      ...seed,
      environments: new Map(),
      pullRequests: new Map(),
    }
    this.#repositories.set(`${seed.owner}/${seed.name}`.toLowerCase(), repository)
    return repository
  }

  /**
   * Finds a repository by its name.
   *
   * @param {string} owner
   * @param {string} name
   * @returns {Repository | undefined}
   */
  findRepository(owner, name) {
    return this.#repositories.get(`${owner}/${name}`.toLowerCase())
  }

  /**
   * Finds an organisation's repository by its id.
   *
   * @param {string} owner
   * @param {number} id
   * @returns {Repository | undefined}
   */
  findRepositoryById(owner, id) {
    return this.repositories.find(
      (repository) =>
        repository.id === id && repository.owner.toLowerCase() === owner.toLowerCase(),
    )
  }

  /**
   * Adds an environment, or finds the one that exists.
   *
   * @param {Repository} repository
   * @param {string} name
   * @param {Protection} protection
   * @returns {Environment}
   */
  addEnvironment(repository, name, protection) {
    const found = findEnvironment(repository, name)
    if (found !== undefined) return found
    const at = formatTime(this.#now())
    const environment = { id: this.#nextId(), name, protection, createdAt: at, updatedAt: at }
    repository.environments.set(name.toLowerCase(), environment)
    return environment
  }

  /**
   * Replaces the protection rules of an environment that exists, and remembers that it was done.
   *
   * @param {Repository} repository
   * @param {Environment} environment
   * @param {Protection} protection
   * @returns {void}
   */
  resetEnvironment({ owner, name: repo }, environment, protection) {
    const at = formatTime(this.#now())
    const { name, protection: before } = environment
    this.#resets.push({ owner, repo, environment: name, before, after: protection, at })
    environment.protection = protection
    environment.updatedAt = at
  }

  #nextId() {
    this.#lastId += 1
    return this.#lastId
  }
}

/**
 * Finds a repository's environment by its name, in any case.
 *
 * @param {Repository} repository
 * @param {string} name
 * @returns {Environment | undefined}
 */
export function findEnvironment(repository, name) {
  return repository.environments.get(name.toLowerCase())
}
