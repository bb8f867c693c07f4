import { formatTime } from './published-shapes.js'

/** @import { Destination, SecretStoreName } from '../types.ts' */
/** @import { Protection, PullRequestState, SandboxEnvironment, SandboxPullRequest, SandboxRepository } from '../types.ts' */

/** Stores organizations and repositories with their contents; names are case-insensitive. */
export class Accounts {
  /** @type {string[]} */
  organizations = []
  /** @type {SandboxRepository[]} */
  repositories = []
  /** @type {SandboxEnvironment[]} */
  environments = []
  /** @type {SandboxPullRequest[]} */
  pullRequests = []
  #lastId = 700_000_000
  #now

  /** @param {() => Date} now */
  constructor(now) {
    this.#now = now
  }

  /** Adds an organization, unless it exists. @param {string} login */
  addOrganization(login) {
    if (this.findOrganization(login) === undefined) this.organizations.push(login)
  }

  /** Finds an organization's name as first written. @param {string} login */
  findOrganization(login) {
    return this.organizations.find((known) => isSame(known, login))
  }

  /** Adds a repository, or finds the one that exists. @param {string} fullName */
  addRepository(fullName) {
    const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(fullName) ?? []
    if (owner === undefined || name === undefined) {
      throw new TypeError('A repository is named owner/name.')
    }
    const found = this.findRepository(fullName)
    if (found !== undefined) return found
    const repository = { id: this.#nextId(), owner, name, fullName }
    this.repositories.push(repository)
    return repository
  }

  /** @param {string} name */
  findRepository(name) {
    return this.repositories.find(({ fullName }) => isSame(fullName, name))
  }

  /** Finds an organization's repository. @param {string} owner @param {number} id */
  findRepositoryById(owner, id) {
    return this.repositories.find((known) => known.id === id && isSame(known.owner, owner))
  }

  /** Says which IDs are not those of an organization's repositories. @param {string} owner @param {number[]} ids */
  findSelectionProblems(owner, ids) {
    return ids
      .filter((id) => this.findRepositoryById(owner, id) === undefined)
      .map((id) => `${owner} has no repository with the ID ${id}`)
  }

  /**
   * Adds an environment, or finds the one that exists.
   *
   * @param {SandboxRepository} repository
   * @param {string} name
   * @param {Protection} [protection]
   */
  addEnvironment(repository, name, protection = {}) {
    const found = this.findEnvironment(repository, name)
    if (found !== undefined) return found
    const { owner, name: repo } = repository
    const at = formatTime(this.#now())
    const times = { createdAt: at, updatedAt: at }
    const added = { id: this.#nextId(), owner, repo, name, protection, ...times }
    this.environments.push(added)
    return added
  }

  /** @param {SandboxRepository} repository @param {string} name */
  findEnvironment(repository, name) {
    return this.environments.find((known) => isOf(repository, known) && isSame(known.name, name))
  }

  /**
   * Finds a place that stores secrets: an environment when one is named, else the repository, else the
   * organization.
   *
   * @param {{ store: SecretStoreName, owner: string, repo?: string | undefined, environment?: string | undefined }} names
   * @returns {Destination | undefined}
   */
  findDestination({ store, owner, repo, environment }) {
    if (repo === undefined) {
      const login = this.findOrganization(owner)
      return login === undefined ? undefined : { store, scope: 'organization', owner: login }
    }
    const repository = this.findRepository(`${owner}/${repo}`)
    if (repository === undefined) return undefined
    const place = { store, owner: repository.owner, repo: repository.name }
    if (environment === undefined) return { ...place, scope: 'repository' }
    const name = this.findEnvironment(repository, environment)?.name
    return name === undefined ? undefined : { ...place, scope: 'environment', environment: name }
  }

  /** @param {SandboxRepository} repository */
  listEnvironments(repository) {
    return this.environments.filter((known) => isOf(repository, known))
  }

  /** @param {SandboxEnvironment} environment */
  removeEnvironment(environment) {
    this.environments = this.environments.filter((known) => known !== environment)
  }

  /** Removes the protection of an environment. @param {SandboxEnvironment} environment */
  resetEnvironment(environment) {
    Object.assign(environment, { protection: {}, updatedAt: formatTime(this.#now()) })
  }

  /**
   * Adds a pull request, or changes the state of the one that exists. A merged one is closed.
   *
   * @param {SandboxRepository} repository
   * @param {number} number
   * @param {{ state?: PullRequestState, merged?: boolean }} options
   */
  putPullRequest(repository, number, { state, merged = false }) {
    const at = formatTime(this.#now())
    const { owner, name: repo } = repository
    const known = this.findPullRequest(repository, number)
    /** @type {SandboxPullRequest} */
    const pullRequest = known ?? { owner, repo, number, createdAt: at, ...open }
    if (known === undefined) this.pullRequests.push(pullRequest)
    const isClosed = merged || state === 'closed'
    Object.assign(pullRequest, isClosed ? { state: 'closed', merged, closedAt: at } : open)
  }

  /** @param {SandboxRepository} repository @param {number} number */
  findPullRequest(repository, number) {
    return this.pullRequests.find((known) => isOf(repository, known) && known.number === number)
  }

  #nextId() {
    this.#lastId += 1
    return this.#lastId
  }
}

const open = /** @type {const} */ ({ state: 'open', merged: false, closedAt: null })

/** @param {SandboxRepository} repository @param {{ owner: string, repo: string }} thing */
function isOf({ fullName }, { owner, repo }) {
  return fullName === `${owner}/${repo}`
}

/** @param {string} one @param {string} other */
function isSame(one, other) {
  return one.toLowerCase() === other.toLowerCase()
}
