import { secretsPath, secretsPermission } from './destination.js'
import { cutPage } from './page.js'
import { showRepository, showSecret } from './published-shapes.js'
import { orNotFound, refuseInvalid } from './refusal.js'
import { openSealedBox } from './sealing.js'
import { findNameProblems, readSecretBody } from './secret-body.js'

/** @import { ServiceResponse } from '../types.ts' */
/** @import { AccountStore } from './account-store.js' */
/** @import { Call, Destination, Endpoint } from './types.ts' */

/**
 * Finds the endpoint that a path below a destination's secrets leads to.
 *
 * @param {Destination} destination
 * @param {string[]} path What follows `/secrets`.
 * @returns {Endpoint | undefined}
 */
export function findSecretEndpoint(destination, path) {
  const methods = findMethods(destination, path)
  return methods && { permission: secretsPermission(destination), methods }
}

/**
 * Finds IDs that do not belong to the organization's repositories.
 *
 * @param {AccountStore} accounts
 * @param {Destination} destination
 * @param {number[]} ids
 */
export function findSelectionProblems(accounts, { owner }, ids) {
  return ids
    .filter((id) => accounts.findRepositoryById(owner, id) === undefined)
    .map((id) => `${owner} has no repository with the ID ${id}`)
}

/**
 * @param {Destination} destination
 * @param {string[]} path
 * @returns {Endpoint['methods'] | undefined}
 */
function findMethods(destination, [name, word, ...rest]) {
  if (name === undefined) return listSecrets(destination)
  if (word === undefined) {
    return name === 'public-key' ? servePublicKey(destination) : serveSecret(destination, name)
  }
  const isSelection = word === 'repositories' && rest.length === 0
  return isSelection && destination.scope === 'organization'
    ? listSelected(destination, name)
    : undefined
}

/**
 * @param {Destination} destination
 * @returns {Endpoint['methods']}
 */
function listSecrets(destination) {
  return {
    GET({ state, request, apiUrl }) {
      const secrets = state.secrets.list(destination)
      const url = `${apiUrl}${secretsPath(destination)}`
      const { items, headers } = cutPage(secrets, request.query, url)
      const shown = items.map((secret) => showSecret(secret, apiUrl))
      return { status: 200, headers, body: { total_count: secrets.length, secrets: shown } }
    },
  }
}

/**
 * @param {Destination} destination
 * @returns {Endpoint['methods']}
 */
function servePublicKey(destination) {
  return {
    GET: ({ state, request }) => ({
      status: 200,
      body: state.publicKeyFaults.show(state.secrets.keyOf(destination), request),
    }),
  }
}

/**
 * @param {Destination} destination
 * @param {string} name
 * @returns {Endpoint['methods']}
 */
function serveSecret(destination, name) {
  return {
    GET({ state, apiUrl }) {
      const secret = orNotFound(state.secrets.find(destination, name))
      return { status: 200, body: showSecret(secret, apiUrl) }
    },
    PUT: (call) => putSecret(call, destination, name),
    DELETE({ state }) {
      orNotFound(state.secrets.delete(destination, name) || undefined)
      return { status: 204 }
    },
  }
}

/**
 * Lists the repositories that an organization's secret is selected for.
 *
 * @param {Destination} destination
 * @param {string} name
 * @returns {Endpoint['methods']}
 */
function listSelected(destination, name) {
  return {
    GET({ state: { accounts, secrets }, request, apiUrl }) {
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
 * @param {Call} call
 * @param {Destination} destination
 * @param {string} name
 * @returns {Promise<ServiceResponse>}
 */
async function putSecret({ state: { accounts, secrets }, request }, destination, name) {
  refuseInvalid(findNameProblems(name))
  const { sealed, keyId, ...content } = readSecretBody(destination, request.text)
  const key = secrets.keyOf(destination)
  if (keyId !== undefined && keyId !== key.keyId) {
    refuseInvalid(['key_id is not the ID of the current public key'])
  }
  refuseInvalid(findSelectionProblems(accounts, destination, content.selectedRepositoryIds))
  if (sealed === undefined && secrets.find(destination, name) === undefined) {
    refuseInvalid(['a new secret needs encrypted_value and key_id'])
  }
  const value = sealed === undefined ? undefined : await openSealedBox(sealed, key)
  return secrets.put(destination, name, { ...content, value }).created
    ? { status: 201, body: {} }
    : { status: 204 }
}
