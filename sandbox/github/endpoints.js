import { createRouter } from '../http.js'
import { listProblems, objectOf } from '../shape.js'
import { secretStores, secretsPermission } from './destination.js'
import { showEnvironment, showPullRequest, showRepository, showSecret } from './published-shapes.js'
import { orNotFound, readJson, refuseInvalid } from './refusal.js'
import { openSealedBox } from './sealing.js'
import { findNameProblems, readSecretBody } from './secret-body.js'

/** @import { Destination, Endpoint, SandboxRepository, SecretStoreName, ServiceResponse } from '../types.ts' */
/** @import { Accounts } from './accounts.js' */
/** @import { SecretStore } from './secret-store.js' */

/** @typedef {{ accounts: Accounts, secrets: SecretStore }} GitHubState */

/** @typedef {(state: GitHubState, repository: SandboxRepository, params: Record<string, string>) => Endpoint} RepositoryEndpoint */

/** @typedef {(state: GitHubState, destination: Destination, name: string) => Endpoint['methods']} SecretEndpoint */

const nothing = objectOf({})

const repository = '/repos/{owner}/{repo}/{store}/secrets'
const environment = '/repos/{owner}/{repo}/environments/{environment}/secrets'
const organization = '/orgs/{owner}/{store}/secrets'

const findSecrets = createRouter({
  ...Object.fromEntries(
    [environment, repository, organization].flatMap((path) => [
      [`${path}/public-key`, servePublicKey],
      [`${path}/{name}`, serveSecret],
    ]),
  ),
  [`${organization}/{name}/repositories`]: listSelected,
})

const findOther = createRouter({
  '/repos/{owner}/{repo}': repositoryEndpoint,
  '/repos/{owner}/{repo}/environments': environmentsEndpoint,
  '/repos/{owner}/{repo}/environments/{environment}': environmentEndpoint,
  '/repos/{owner}/{repo}/pulls/{number}': pullRequestEndpoint,
})

/**
 * Finds the endpoint that a path leads to; undefined when there is none, or when the repository,
 * the environment or the organization in it does not exist.
 *
 * @param {GitHubState} state
 * @param {string} path After the base.
 * @param {boolean} enterprise Whether the base is that of GitHub Enterprise Server.
 * @returns {Endpoint | undefined}
 */
export function findEndpoint(state, path, enterprise) {
  const other = findOther(path)
  if (other !== undefined) {
    const { owner, repo } = other.params
    const repository = state.accounts.findRepository(`${owner}/${repo}`)
    return repository && other.entry(state, repository, other.params)
  }
  const { entry, params = {} } = findSecrets(path) ?? {}
  const { owner = '', repo, environment, store = 'actions', name = '' } = params
  if (!isStore(store, enterprise)) return undefined
  const destination = state.accounts.findDestination({ store, owner, repo, environment })
  return (
    destination &&
    entry && {
      permission: secretsPermission(destination),
      methods: entry(state, destination, name),
    }
  )
}

/** @type {RepositoryEndpoint} */
function repositoryEndpoint(_, repository) {
  return {
    permission: 'metadata',
    methods: { GET: ({ apiUrl }) => ({ status: 200, body: showRepository(repository, apiUrl) }) },
  }
}

/** @type {RepositoryEndpoint} */
function environmentsEndpoint({ accounts }, repository) {
  return {
    permission: 'actions',
    methods: {
      GET({ request, apiUrl }) {
        const all = accounts.listEnvironments(repository)
        const environments = cutPage(all, request.query).map((environment) =>
          showEnvironment(environment, apiUrl),
        )
        return { status: 200, body: { total_count: all.length, environments } }
      },
    },
  }
}

/** @type {RepositoryEndpoint} */
function environmentEndpoint({ accounts, secrets }, repository, { environment: name = '' }) {
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
        refuseInvalid(listProblems(nothing, readJson(request.text) ?? {}))
        const known = accounts.findEnvironment(repository, name)
        if (known !== undefined) accounts.resetEnvironment(known)
        const environment = known ?? accounts.addEnvironment(repository, name)
        return { status: 200, body: showEnvironment(environment, apiUrl) }
      },
      // Its secrets go with it.
      DELETE() {
        const { owner, name: repo } = repository
        const environment = orNotFound(accounts.findEnvironment(repository, name))
        accounts.removeEnvironment(environment)
        secrets.drop({ store: 'actions', scope: 'environment', owner, repo, environment: name })
        return { status: 204 }
      },
    },
  }
}

/** Looks only when it may: the response must not reveal which pull requests exist. @type {RepositoryEndpoint} */
function pullRequestEndpoint({ accounts }, repository, { number = '' }) {
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

/**
 * GitHub Enterprise Server 3.19 has neither Codespaces nor agents secrets.
 *
 * @param {string} word
 * @param {boolean} enterprise
 * @returns {word is SecretStoreName}
 */
function isStore(word, enterprise) {
  const isMissing = enterprise && (word === 'codespaces' || word === 'agents')
  return !isMissing && secretStores.some((store) => store === word)
}

/** @type {SecretEndpoint} */
function servePublicKey({ secrets }, destination) {
  return {
    GET: ({ request }) => ({ status: 200, body: secrets.showPublicKey(destination, request) }),
  }
}

/** @type {SecretEndpoint} */
function serveSecret(state, destination, name) {
  const { secrets } = state
  return {
    GET({ apiUrl }) {
      const secret = orNotFound(secrets.find(destination, name))
      return { status: 200, body: showSecret(secret, apiUrl) }
    },
    PUT: ({ request }) => putSecret(state, destination, name, request.text),
    DELETE() {
      orNotFound(secrets.delete(destination, name) || undefined)
      return { status: 204 }
    },
  }
}

/** Lists the repositories that an organization's secret is selected for. @type {SecretEndpoint} */
function listSelected({ accounts, secrets }, destination, name) {
  return {
    GET({ request, apiUrl }) {
      const secret = orNotFound(secrets.find(destination, name))
      const repositories = (secret.selectedRepositoryIds ?? []).map((id) =>
        orNotFound(accounts.findRepositoryById(destination.owner, id)),
      )
      const shown = cutPage(repositories, request.query).map((repository) =>
        showRepository(repository, apiUrl),
      )
      return { status: 200, body: { total_count: repositories.length, repositories: shown } }
    },
  }
}

/**
 * A box that does not open is accepted too, because GitHub does not open it on receipt.
 *
 * @param {GitHubState} state
 * @param {Destination} destination
 * @param {string} name
 * @param {string} text The body.
 * @returns {Promise<ServiceResponse>}
 */
async function putSecret({ accounts, secrets }, destination, name, text) {
  refuseInvalid(findNameProblems(name))
  const { sealed, keyId, ...content } = readSecretBody(destination, text)
  const key = secrets.keyOf(destination)
  if (keyId !== undefined && keyId !== key.keyId) {
    refuseInvalid(['key_id is not the ID of the current public key'])
  }
  refuseInvalid(accounts.findSelectionProblems(destination.owner, content.selectedRepositoryIds))
  if (sealed === undefined && secrets.find(destination, name) === undefined) {
    refuseInvalid(['a new secret needs encrypted_value and key_id'])
  }
  const value = sealed === undefined ? undefined : await openSealedBox(sealed, key)
  return secrets.put(destination, name, { ...content, value }).created
    ? { status: 201, body: {} }
    : { status: 204 }
}

/** The requested page of a list. @template T @param {T[]} items @param {URLSearchParams} query */
function cutPage(items, query) {
  const size = Math.min(readCount(query.get('per_page'), 30), 100)
  const page = readCount(query.get('page'), 1)
  return items.slice((page - 1) * size, page * size)
}

/** @param {string | null} text @param {number} otherwise */
function readCount(text, otherwise) {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : otherwise
}
