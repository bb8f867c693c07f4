import { findProblems } from '../shape.js'
import { secretStores } from './destination.js'
import { cutPage } from './page.js'
import { showEnvironment, showPullRequest, showRepository } from './published-shapes.js'
import { orNotFound, readJson, refuseInvalid } from './refusal.js'
import { findSecretEndpoint } from './secret-endpoints.js'

/** @import { AccountStore } from './account-store.js' */
/** @import { Destination, Endpoint, SandboxRepository, SecretStoreName } from './types.ts' */

/**
 * Finds the endpoint that a path leads to; undefined when there is none, or when the repository,
 * the environment or the organization in it does not exist.
 *
 * @param {AccountStore} accounts
 * @param {string[]} segments The path, split at its slashes and decoded.
 * @param {boolean} enterprise Whether the base path is that of GitHub Enterprise Server.
 * @returns {Endpoint | undefined}
 */
export function findEndpoint(accounts, [kind, ...rest], enterprise) {
  if (kind === 'orgs') {
    const [login = '', store, ...path] = rest
    const owner = accounts.findOrganization(login)
    return owner === undefined || !isStore(store, enterprise)
      ? undefined
      : findBehindSecrets({ store, scope: 'organization', owner }, path)
  }
  if (kind !== 'repos') return undefined
  const [owner = '', name = '', ...path] = rest
  const repository = accounts.findRepository(owner, name)
  return repository && findRepositoryEndpoint(accounts, repository, path, enterprise)
}

/**
 * @param {AccountStore} accounts
 * @param {SandboxRepository} repository
 * @param {string[]} path
 * @param {boolean} enterprise
 * @returns {Endpoint | undefined}
 */
function findRepositoryEndpoint(accounts, repository, path, enterprise) {
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
  if (word !== 'environments') return undefined
  if (name === undefined) return environmentsEndpoint(repository)
  if (behind.length === 0) return environmentEndpoint(repository, name)
  const environment = accounts.findEnvironment(repository, name)?.name
  if (environment === undefined) return undefined
  return findBehindSecrets(
    { store: 'actions', scope: 'environment', owner, repo, environment },
    behind,
  )
}

/**
 * @param {SandboxRepository} repository
 * @returns {Endpoint}
 */
function repositoryEndpoint(repository) {
  return {
    permission: 'metadata',
    methods: { GET: ({ apiUrl }) => ({ status: 200, body: showRepository(repository, apiUrl) }) },
  }
}

/**
 * @param {SandboxRepository} repository
 * @returns {Endpoint}
 */
function environmentsEndpoint(repository) {
  return {
    permission: 'actions',
    methods: {
      GET({ state: { accounts }, request, apiUrl }) {
        const all = accounts.listEnvironments(repository)
        const url = `${apiUrl}/repos/${repository.fullName}/environments`
        const { items, headers } = cutPage(all, request.query, url)
        const environments = items.map((environment) => showEnvironment(environment, apiUrl))
        return { status: 200, headers, body: { total_count: all.length, environments } }
      },
    },
  }
}

/**
 * @param {SandboxRepository} repository
 * @param {string} name
 * @returns {Endpoint}
 */
function environmentEndpoint(repository, name) {
  return {
    permission: 'actions',
    writePermission: 'administration',
    methods: {
      GET({ state: { accounts }, apiUrl }) {
        const environment = orNotFound(accounts.findEnvironment(repository, name))
        return { status: 200, body: showEnvironment(environment, apiUrl) }
      },
      // Without a body, the only form the sandbox accepts, an environment loses its protection.
      PUT({ state: { accounts }, request, apiUrl }) {
        if (name === '') refuseInvalid(['an environment needs a name'])
        refuseInvalid(findProblems('the body', readJson(request.text) ?? {}, {}))
        const known = accounts.findEnvironment(repository, name)
        if (known !== undefined) accounts.resetEnvironment(known)
        const environment = known ?? accounts.addEnvironment(repository, name)
        return { status: 200, body: showEnvironment(environment, apiUrl) }
      },
      // Its secrets go with it.
      DELETE({ state: { accounts, secrets } }) {
        const {
          owner,
          repo,
          name: environment,
        } = orNotFound(accounts.findEnvironment(repository, name))
        accounts.removeEnvironment(repository, name)
        secrets.drop({ store: 'actions', scope: 'environment', owner, repo, environment })
        return { status: 204 }
      },
    },
  }
}

/**
 * Check the permission first: without it, the response must not reveal which pull requests exist.
 *
 * @param {SandboxRepository} repository
 * @param {string} number As in the path.
 * @returns {Endpoint}
 */
function pullRequestEndpoint(repository, number) {
  return {
    permission: 'pull_requests',
    methods: {
      GET({ state: { accounts }, apiUrl }) {
        const isNumber = /^[1-9]\d*$/.test(number)
        const found = isNumber ? accounts.findPullRequest(repository, Number(number)) : undefined
        return { status: 200, body: showPullRequest(repository, orNotFound(found), apiUrl) }
      },
    },
  }
}

/**
 * @param {Destination} destination
 * @param {string[]} path
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
