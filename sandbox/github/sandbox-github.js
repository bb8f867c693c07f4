import { AccountStore } from './account-store.js'
import { splitFullName } from './full-name.js'
import { createGitHubApi } from './github-api.js'
import { readGitHubSeed } from './github-seed.js'
import { Permissions } from './permissions.js'
import { PublicKeyFaults } from './public-key-faults.js'
import { putPullRequest } from './pull-requests.js'
import { assertSecretSeed, placeSeed } from './secret-seed.js'
import { SecretStore } from './secret-store.js'
import { viewEnvironment, viewPullRequest, viewRepository, viewSecret } from './views.js'

/** @import { Answer } from '../answer.js' */
/** @import { ServiceRequest } from '../request-log.js' */
/** @import { EnvironmentReset, Repository } from './account-store.js' */
/** @import { Protection } from './environment-body.js' */
/** @import { Withholding } from './permissions.js' */
/** @import { BrokenPublicKey } from './public-key-faults.js' */
/** @import { PullRequestOptions } from './pull-requests.js' */
/** @import { SecretSeed } from './secret-seed.js' */
/** @import { SandboxEnvironment, SandboxPullRequest, SandboxRepository, SandboxSecret } from './views.js' */

/**
 * The GitHub half as whoever runs the sandbox sees it and sets it up.
 *
 * @typedef {object} SandboxGitHub
 * @property {(login: string) => void} addOrganisation
 * @property {(fullName: string, options?: { private?: boolean }) => SandboxRepository} addRepository
 *   Private by default; one that exists is left as it is.
 * @property {(fullName: string, name: string, protection?: Protection) => SandboxEnvironment} addEnvironment
 *   One that exists is left as it is.
 * @property {(fullName: string, number: number, options?: PullRequestOptions) => SandboxPullRequest} addPullRequest
 *   Open by default; one that exists gets the state that is given.
 * @property {(fullName: string, number: number, options?: { merged?: boolean }) => SandboxPullRequest} closePullRequest
 * @property {(seed: SecretSeed) => SandboxSecret} addSecret
 * @property {(withholding: Withholding) => void} withhold Takes a permission from `githubToken`.
 * @property {() => void} grant Gives back all that was withheld.
 * @property {(broken: BrokenPublicKey) => void} breakPublicKey
 * @property {(options?: { path?: string | RegExp }) => void} rotateKeys Gives destinations new key
 *   pairs; `path` is that of the public key, without the base.
 * @property {() => void} shareKeyIds From now on all key pairs go by the same id.
 * @property {() => SandboxRepository[]} repositories
 * @property {() => string[]} organisations
 * @property {() => SandboxEnvironment[]} environments
 * @property {() => SandboxPullRequest[]} pullRequests
 * @property {() => EnvironmentReset[]} environmentResets Each write to an environment that existed.
 * @property {() => SandboxSecret[]} secrets Opened; `value` is `null` when the box did not open.
 */

/**
 * @typedef {object} GitHubHalf
 * @property {string} repository Full name of the ready-made repository.
 * @property {string} githubToken
 * @property {string} workflowToken
 * @property {SandboxGitHub} view
 * @property {(seed: unknown) => void} seed Throws a TypeError when it is no seed.
 * @property {(request: ServiceRequest) => Promise<Answer> | undefined} service
 */

/**
 * Sets up the GitHub half, with one organisation and one repository in it.
 *
 * @param {string} repository Full name; its owner becomes an organisation.
 * @param {() => Date} now
 * @returns {GitHubHalf}
 */
export function createGitHubHalf(repository, now) {
  const accounts = new AccountStore(now)
  const secrets = new SecretStore(now)
  const publicKeyFaults = new PublicKeyFaults()
  const permissions = new Permissions()
  accounts.addOrganisation('octo-org')
  accounts.addOrganisation(splitFullName(repository).owner)
  addRepository(repository)

  return {
    repository,
    githubToken: permissions.fullToken,
    workflowToken: permissions.workflowToken,
    service: createGitHubApi({ accounts, secrets, publicKeyFaults }, permissions, now),
    seed(value) {
      const { organisations, repositories, environments, pullRequests, withholdings } =
        readGitHubSeed(value)
      for (const login of organisations) accounts.addOrganisation(login)
      for (const fullName of repositories) addRepository(fullName)
      for (const { repository: fullName, name } of environments) addEnvironment(fullName, name)
      for (const { repository: fullName, number, state } of pullRequests) {
        addPullRequest(fullName, number, { state })
      }
      for (const withholding of withholdings) permissions.withhold(withholding)
    },
    view: {
      addOrganisation: (login) => accounts.addOrganisation(login),
      addRepository,
      addEnvironment,
      addPullRequest,
      closePullRequest,
      addSecret,
      withhold: (withholding) => permissions.withhold(withholding),
      grant: () => permissions.grant(),
      breakPublicKey: (broken) => publicKeyFaults.add(broken),
      rotateKeys: ({ path } = {}) => secrets.rotateKeys(path),
      shareKeyIds: () => secrets.shareKeyIds(),
      repositories: () => accounts.repositories.map(viewRepository),
      organisations: () => accounts.organisations,
      environments: () =>
        accounts.repositories.flatMap((found) =>
          [...found.environments.values()].map((environment) =>
            viewEnvironment(found, environment),
          ),
        ),
      pullRequests: () =>
        accounts.repositories.flatMap((found) =>
          [...found.pullRequests.values()].map((pullRequest) =>
            viewPullRequest(found, pullRequest),
          ),
        ),
      environmentResets: () => accounts.resets,
      secrets: () =>
        secrets.all().map(({ destination, secret }) => viewSecret(destination, secret)),
    },
  }

  /**
   * @param {string} fullName
   * @param {{ private?: boolean }} [options]
   * @returns {SandboxRepository}
   */
  function addRepository(fullName, { private: isPrivate = true } = {}) {
    return viewRepository(
      accounts.addRepository({ ...splitFullName(fullName), private: isPrivate }),
    )
  }

  /**
   * @param {string} fullName
   * @param {string} name
   * @param {Protection} [protection]
   * @returns {SandboxEnvironment}
   */
  function addEnvironment(fullName, name, protection = {}) {
    const found = requireRepository(fullName)
    return viewEnvironment(found, accounts.addEnvironment(found, name, protection))
  }

  /**
   * @param {string} fullName
   * @param {number} number
   * @param {PullRequestOptions} [options]
   * @returns {SandboxPullRequest}
   */
  function addPullRequest(fullName, number, options = {}) {
    const found = requireRepository(fullName)
    return viewPullRequest(found, putPullRequest(found, number, options, now()))
  }

  /**
   * @param {string} fullName
   * @param {number} number
   * @param {{ merged?: boolean }} [options]
   * @returns {SandboxPullRequest}
   */
  function closePullRequest(fullName, number, { merged = false } = {}) {
    if (!requireRepository(fullName).pullRequests.has(number)) {
      throw new TypeError(`There is no pull request ${number} in ${fullName}.`)
    }
    return addPullRequest(fullName, number, { state: 'closed', merged })
  }

  /**
   * @param {SecretSeed} seed
   * @returns {SandboxSecret}
   */
  function addSecret(seed) {
    assertSecretSeed(seed)
    const destination = placeSeed(accounts, seed)
    const isOfOrganisation = destination.scope === 'organisation'
    const { secret } = secrets.put(destination, seed.name, {
      value: seed.value === undefined ? 'sandbox-seed' : seed.value,
      visibility: isOfOrganisation ? (seed.visibility ?? 'private') : null,
      selectedRepositoryIds: seed.selectedRepositoryIds ?? [],
    })
    return viewSecret(destination, secret)
  }

  /**
   * @param {string} fullName
   * @returns {Repository}
   */
  function requireRepository(fullName) {
    const { owner, name } = splitFullName(fullName)
    const found = accounts.findRepository(owner, name)
    if (found === undefined) throw new TypeError(`There is no repository ${fullName}.`)
    return found
  }
}
