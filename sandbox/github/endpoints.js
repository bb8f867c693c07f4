import { findEnvironment } from './account-store.js'
import { secretStores } from './destination.js'
import { pullRequestEndpoint } from './pull-requests.js'
import { environmentEndpoint, repositoryEndpoint } from './repository-endpoints.js'
import { findSecretEndpoint } from './secret-endpoints.js'

/** @import { AccountStore, Repository } from './account-store.js' */
/** @import { SecretStoreName } from './destination.js' */
/** @import { Endpoint } from './endpoint.js' */
/** @import { GitHubPath } from './github-path.js' */

/**
 * Finds the endpoint that a path leads to; undefined when there is none, or when the repository,
 * the environment or the organisation in it does not exist.
 *
 * @param {AccountStore} accounts
 * @param {GitHubPath} path
 * @returns {Endpoint | undefined}
 */
export function findEndpoint(accounts, { segments: [kind, ...rest], enterprise }) {
  if (kind === 'orgs') {
    const [login = '', store, ...path] = rest
    const owner = accounts.findOrganisation(login)
    return owner === undefined || !isStore(store, enterprise)
      ? undefined
      : findBehindSecrets({ store, scope: 'organisation', owner }, path)
  }
  if (kind !== 'repos') return undefined
  const [owner = '', name = '', ...path] = rest
  const repository = accounts.findRepository(owner, name)
  return repository === undefined ? undefined : findRepositoryEndpoint(repository, path, enterprise)
}

/**
 * @param {Repository} repository
 * @param {string[]} path
 * @param {boolean} enterprise
 * @returns {Endpoint | undefined}
 */
function findRepositoryEndpoint(repository, path, enterprise) {
  const { owner, name: repo } = repository
  const [word, ...rest] = path
  if (word === undefined) return repositoryEndpoint(repository)
  if (isStore(word, enterprise)) {
    return findBehindSecrets({ store: word, scope: 'repository', owner, repo }, rest)
  }
  const [name, ...behind] = rest
  if (word === 'pulls' && name !== undefined && behind.length === 0) {
    return pullRequestEndpoint(repository, name)
  }
  if (word !== 'environments' || name === undefined) return undefined
  if (behind.length === 0) return environmentEndpoint(repository, name)
  const environment = findEnvironment(repository, name)?.name
  return environment === undefined
    ? undefined
    : findBehindSecrets(
        { store: 'actions', scope: 'environment', owner, repo, environment },
        behind,
      )
}

/**
 * @param {Parameters<typeof findSecretEndpoint>[0]} destination
 * @param {string[]} path
 * @returns {Endpoint | undefined}
 */
function findBehindSecrets(destination, [word, ...path]) {
  return word === 'secrets' ? findSecretEndpoint(destination, path) : undefined
}

/**
 * GitHub Enterprise Server has no Codespaces.
 *
 * @param {string | undefined} word
 * @param {boolean} enterprise
 * @returns {word is SecretStoreName}
 */
function isStore(word, enterprise) {
  return secretStores.some((store) => store === word && !(enterprise && store === 'codespaces'))
}
