import { AccountStore } from './account-store.js'
import { createGitHubApi } from './github-api.js'
import { Permissions } from './permissions.js'
import { PublicKeyFaults } from './public-key-faults.js'
import { SecretStore } from './secret-store.js'
import { assertGitHubSeed, placeSeed, splitFullName } from './seeds.js'

/** @import { SandboxGitHub } from './types.ts' */

/**
 * Sets up the GitHub half, with one organization and one repository in it. Its `seed` throws a
 * TypeError for anything but a `GitHubSeed`.
 *
 * @param {string} repository Full name; its owner becomes an organization.
 * @param {() => Date} now
 */
export function createGitHubHalf(repository, now) {
  const accounts = new AccountStore(now)
  const secrets = new SecretStore(now)
  const publicKeyFaults = new PublicKeyFaults()
  const permissions = new Permissions()

  /** @param {string} fullName */
  const requireRepository = (fullName) => {
    const { owner, name } = splitFullName(fullName)
    const found = accounts.findRepository(owner, name)
    if (found === undefined) throw new TypeError(`There is no repository ${fullName}.`)
    return found
  }

  /** @type {SandboxGitHub} */
  const view = {
    addOrganization: (login) => accounts.addOrganization(login),
    addRepository(fullName, { private: isPrivate = true } = {}) {
      const { owner, name } = splitFullName(fullName)
      return structuredClone(accounts.addRepository(owner, name, isPrivate))
    },
    addEnvironment: (fullName, name, protection) =>
      structuredClone(accounts.addEnvironment(requireRepository(fullName), name, protection)),
    addPullRequest: (fullName, number, options = {}) =>
      structuredClone(accounts.putPullRequest(requireRepository(fullName), number, options)),
    closePullRequest(fullName, number, { merged = false } = {}) {
      if (accounts.findPullRequest(requireRepository(fullName), number) === undefined) {
        throw new TypeError(`There is no pull request ${number} in ${fullName}.`)
      }
      return view.addPullRequest(fullName, number, { state: 'closed', merged })
    },
    addSecret(seed) {
      const destination = placeSeed(accounts, seed)
      const isOfOrganization = destination.scope === 'organization'
      const { secret } = secrets.put(destination, seed.name, {
        value: seed.value === undefined ? 'sandbox-seed' : seed.value,
        visibility: isOfOrganization ? (seed.visibility ?? 'private') : undefined,
        selectedRepositoryIds: seed.selectedRepositoryIds ?? [],
      })
      return structuredClone(secret)
    },
    withhold: (withholding) => permissions.withhold(withholding),
    grant: () => permissions.grant(),
    breakPublicKey: (broken) => publicKeyFaults.add(broken),
    rotateKeys: ({ path } = {}) => secrets.rotateKeys(path),
    shareKeyIds: () => secrets.shareKeyIds(),
    repositories: () => structuredClone(accounts.repositories),
    organizations: () => structuredClone(accounts.organizations),
    environments: () => structuredClone(accounts.environments),
    pullRequests: () => structuredClone(accounts.pullRequests),
    environmentResets: () => structuredClone(accounts.resets),
    secrets: () => structuredClone(secrets.all()),
  }
  accounts.addOrganization('octo-org')
  accounts.addOrganization(splitFullName(repository).owner)
  view.addRepository(repository)

  return {
    repository,
    githubToken: permissions.fullToken,
    workflowToken: permissions.workflowToken,
    view,
    service: createGitHubApi({ accounts, secrets, publicKeyFaults }, permissions, now),
    /** @param {unknown} value */
    seed(value) {
      assertGitHubSeed(value)
      for (const login of value.organizations ?? []) view.addOrganization(login)
      for (const fullName of value.repositories ?? []) view.addRepository(fullName)
      for (const { repository: fullName, name } of value.environments ?? []) {
        view.addEnvironment(fullName, name)
      }
      for (const { repository: fullName, number, ...state } of value.pullRequests ?? []) {
        view.addPullRequest(fullName, number, state)
      }
      for (const withholding of value.withholdings ?? []) view.withhold(withholding)
    },
  }
}
