import { Accounts } from './accounts.js'
import { createGitHubApi } from './github-api.js'
import { Permissions } from './permissions.js'
import { SecretStore } from './secret-store.js'

/** @import { SandboxGitHub } from '../types.ts' */

/**
 * Sets up the GitHub half, with one organization and one repository in it.
 *
 * @param {string} repository Full name; its owner becomes an organization.
 * @param {() => Date} now
 */
export function createGitHubHalf(repository, now) {
  const accounts = new Accounts(now)
  const secrets = new SecretStore(now)
  const permissions = new Permissions()

  /** @param {string} fullName */
  const requireRepository = (fullName) => {
    const found = accounts.findRepository(fullName)
    if (found === undefined) throw new TypeError(`There is no repository ${fullName}.`)
    return found
  }

  /** @type {SandboxGitHub} */
  const view = {
    addOrganization: (login) => accounts.addOrganization(login),
    addRepository: (fullName) => structuredClone(accounts.addRepository(fullName)),
    addEnvironment: (fullName, name, protection) =>
      structuredClone(accounts.addEnvironment(requireRepository(fullName), name, protection)),
    addPullRequest: (fullName, number, options = {}) =>
      accounts.putPullRequest(requireRepository(fullName), number, options),
    addSecret(seed) {
      const { name, owner, repo, environment, value = 'sandbox-seed', updatedAt } = seed
      const { store = 'actions', selectedRepositoryIds = [] } = seed
      const destination = accounts.findDestination({ store, owner, repo, environment })
      if (destination === undefined) {
        throw new TypeError(`There is no ${[owner, repo, environment].filter(Boolean).join('/')}.`)
      }
      const isOfOrganization = destination.scope === 'organization'
      const visibility = isOfOrganization ? (seed.visibility ?? 'private') : undefined
      const content = { value, visibility, selectedRepositoryIds, updatedAt }
      return structuredClone(secrets.put(destination, name, content).secret)
    },
    withhold: (added) => permissions.withhold(added),
    grant: () => permissions.grant(),
    breakPublicKey: (broken) => secrets.breakPublicKey(broken),
    shareKeyIds: () => secrets.shareKeyIds(),
    repositories: () => structuredClone(accounts.repositories),
    environments: () => structuredClone(accounts.environments),
    secrets: () => structuredClone(secrets.all()),
  }
  accounts.addOrganization('octo-org')
  accounts.addOrganization(accounts.addRepository(repository).owner)

  return {
    repository,
    githubToken: permissions.fullToken,
    workflowToken: permissions.workflowToken,
    view,
    service: createGitHubApi({ accounts, secrets }, permissions, now),
  }
}
