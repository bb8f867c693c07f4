import { secretsPath, secretsPermission } from './destination.js'
import { cutPage } from './page.js'
import { showRepository, showSecret } from './published-shapes.js'
import { orNotFound, refuseInvalid } from './refusal.js'
import { openSealedBox } from './sealing.js'
import { findNameProblems, readSecretBody } from './secret-body.js'

/** @import { Destination, Endpoint, ServiceResponse } from '../types.ts' */
/** @import { Accounts } from './accounts.js' */
/** @import { SecretStore } from './secret-store.js' */

/** @typedef {{ accounts: Accounts, secrets: SecretStore }} GitHubState */

/**
 * Finds the endpoint that a path below a destination's secrets leads to.
 *
 * @param {GitHubState} state
 * @param {Destination} destination
 * @param {string[]} path What follows `/secrets`.
 * @returns {Endpoint | undefined}
 */
export function findSecretEndpoint(state, destination, [name, word, ...rest]) {
  const permission = secretsPermission(destination)
  if (name === undefined) return { permission, methods: listSecrets(state, destination) }
  if (word === undefined) {
    const serve = name === 'public-key' ? servePublicKey : serveSecret
    return { permission, methods: serve(state, destination, name) }
  }
  const isSelection = word === 'repositories' && rest.length === 0
  return isSelection && destination.scope === 'organization'
    ? { permission, methods: listSelected(state, destination, name) }
    : undefined
}

/** @param {GitHubState} state @param {Destination} destination @returns {Endpoint['methods']} */
function listSecrets({ secrets: store }, destination) {
  return {
    GET({ request, apiUrl }) {
      const secrets = store.list(destination)
      const url = `${apiUrl}${secretsPath(destination)}`
      const { items, headers } = cutPage(secrets, request.query, url)
      const shown = items.map((secret) => showSecret(secret, apiUrl))
      return { status: 200, headers, body: { total_count: secrets.length, secrets: shown } }
    },
  }
}

/** @param {GitHubState} state @param {Destination} destination @returns {Endpoint['methods']} */
function servePublicKey({ secrets }, destination) {
  return {
    GET: ({ request }) => ({ status: 200, body: secrets.showPublicKey(destination, request) }),
  }
}

/** @param {GitHubState} state @param {Destination} destination @param {string} name @returns {Endpoint['methods']} */
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

/**
 * Lists the repositories that an organization's secret is selected for.
 *
 * @param {GitHubState} state
 * @param {Destination} destination
 * @param {string} name
 * @returns {Endpoint['methods']}
 */
function listSelected({ accounts, secrets }, destination, name) {
  return {
    GET({ request, apiUrl }) {
      const secret = orNotFound(secrets.find(destination, name))
      const repositories = (secret.selectedRepositoryIds ?? []).map((id) =>
        orNotFound(accounts.findRepositoryById(destination.owner, id)),
      )
      const url = `${apiUrl}${secretsPath(destination)}/${secret.name}/repositories`
      const { items, headers } = cutPage(repositories, request.query, url)
      const shown = items.map((repository) => showRepository(repository, apiUrl))
      const body = { total_count: repositories.length, repositories: shown }
      return { status: 200, headers, body }
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
