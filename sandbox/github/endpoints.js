import { listProblems, objectOf } from '../shape.js'
import { secretStores } from './destination.js'
import { cutPage } from './page.js'
import { showEnvironment, showPullRequest, showRepository } from './published-shapes.js'
import { orNotFound, readJson, refuseInvalid } from './refusal.js'
import { findSecretEndpoint } from './secret-endpoints.js'

/** @import { Destination, Endpoint, SandboxRepository, SecretStoreName } from '../types.ts' */
/** @import { Accounts } from './accounts.js' */
/** @import { GitHubState } from './secret-endpoints.js' */

const nothing = objectOf({})

/**
 * Finds the endpoint that a path leads to; undefined when there is none, or when the repository,
 * the environment or the organization in it does not exist.
 *
 * @param {GitHubState} state
 * @param {string[]} segments The path, split at its slashes and decoded.
 * @param {boolean} enterprise Whether the base path is that of GitHub Enterprise Server.
 * @returns {Endpoint | undefined}
 */
export function findEndpoint(state, [kind, ...rest], enterprise) {
  const { accounts } = state
  if (kind === 'orgs') {
    const [login = '', store, ...path] = rest
    const owner = accounts.findOrganization(login)
    return owner === undefined || !isStore(store, enterprise)
      ? undefined
      : findBehindSecrets(state, { store, scope: 'organization', owner }, path)
  }
  if (kind !== 'repos') return undefined
  const [owner, name, ...path] = rest
  const repository = accounts.findRepository(`${owner}/${name}`)
  return repository && findRepositoryEndpoint(state, repository, path, enterprise)
}

/**
 * @param {GitHubState} state
 * @param {SandboxRepository} repository
 * @param {string[]} path
 * @param {boolean} enterprise
 * @returns {Endpoint | undefined}
 */
function findRepositoryEndpoint(state, repository, [word, ...rest], enterprise) {
  const { owner, name: repo } = repository
  if (word === undefined) return repositoryEndpoint(repository)
  if (isStore(word, enterprise)) {
    return findBehindSecrets(state, { store: word, scope: 'repository', owner, repo }, rest)
  }
  const [name, ...behind] = rest
  if (word === 'pulls' && name !== undefined && behind.length === 0) {
    return pullRequestEndpoint(state.accounts, repository, name)
  }
  if (word !== 'environments') return undefined
  if (name === undefined) return environmentsEndpoint(state.accounts, repository)
  if (behind.length === 0) return environmentEndpoint(state, repository, name)
  const environment = state.accounts.findEnvironment(repository, name)?.name
  return environment === undefined
    ? undefined
    : findBehindSecrets(state, placeOf(repository, environment), behind)
}

/** @param {SandboxRepository} repository @returns {Endpoint} */
function repositoryEndpoint(repository) {
  return {
    permission: 'metadata',
    methods: { GET: ({ apiUrl }) => ({ status: 200, body: showRepository(repository, apiUrl) }) },
  }
}

/** @param {Accounts} accounts @param {SandboxRepository} repository @returns {Endpoint} */
function environmentsEndpoint(accounts, repository) {
  return {
    permission: 'actions',
    methods: {
      GET({ request, apiUrl }) {
        const all = accounts.listEnvironments(repository)
        const url = `${apiUrl}/repos/${repository.fullName}/environments`
        const { items, headers } = cutPage(all, request.query, url)
        const environments = items.map((environment) => showEnvironment(environment, apiUrl))
        return { status: 200, headers, body: { total_count: all.length, environments } }
      },
    },
  }
}

/** @param {GitHubState} state @param {SandboxRepository} repository @param {string} name @returns {Endpoint} */
function environmentEndpoint({ accounts, secrets }, repository, name) {
  return {
    permission: 'actions',
    writePermission: 'administration',
    methods: {
      GET({ apiUrl }) {
        const environment = orNotFound(accounts.findEnvironment(repository, name))
        return { status: 200, body: showEnvironment(environment, apiUrl) }
      },
      // Without a body, the only form the sandbox accepts, an environment loses its protection.
      PUT({ request, apiUrl }) {
        if (name === '') refuseInvalid(['an environment needs a name'])
        refuseInvalid(listProblems(nothing, readJson(request.text) ?? {}))
        const known = accounts.findEnvironment(repository, name)
        if (known !== undefined) accounts.resetEnvironment(known)
        const environment = known ?? accounts.addEnvironment(repository, name)
        return { status: 200, body: showEnvironment(environment, apiUrl) }
      },
      // Its secrets go with it.
      DELETE() {
        const environment = orNotFound(accounts.findEnvironment(repository, name))
        accounts.removeEnvironment(environment)
        secrets.drop(placeOf(repository, environment.name))
        return { status: 204 }
      },
    },
  }
}

/**
 * Check the permission first: without it, the response must not reveal which pull requests exist.
 *
 * @param {Accounts} accounts
 * @param {SandboxRepository} repository
 * @param {string} number As in the path.
 * @returns {Endpoint}
 */
function pullRequestEndpoint(accounts, repository, number) {
  return {
    permission: 'pull_requests',
    methods: {
      GET({ apiUrl }) {
        const isNumber = /^[1-9]\d*$/.test(number)
        const found = isNumber ? accounts.findPullRequest(repository, Number(number)) : undefined
        return { status: 200, body: showPullRequest(repository, orNotFound(found), apiUrl) }
      },
    },
  }
}

/** @param {SandboxRepository} repository @param {string} environment @returns {Destination} */
function placeOf({ owner, name: repo }, environment) {
  return { store: 'actions', scope: 'environment', owner, repo, environment }
}

/** @param {GitHubState} state @param {Destination} destination @param {string[]} path */
function findBehindSecrets(state, destination, [word, ...path]) {
  return word === 'secrets' ? findSecretEndpoint(state, destination, path) : undefined
}

/**
 * GitHub Enterprise Server 3.19 has neither Codespaces nor agents secrets.
 *
 * @param {string | undefined} word
 * @param {boolean} enterprise
 * @returns {word is SecretStoreName}
 */
function isStore(word, enterprise) {
  const isMissing = enterprise && (word === 'codespaces' || word === 'agents')
  return !isMissing && secretStores.some((store) => store === word)
}
