import { secretsPath, secretsPermission } from './destination.js'
import { createEndpoint } from './endpoint.js'
import { openSealedBox } from './open-sealed-box.js'
import { cutPage } from './page.js'
import { showSecret } from './published-shapes.js'
import { orNotFound, Refusal, refuseInvalid } from './refusal.js'
import { readSecretBody } from './secret-body.js'
import { findNameProblems } from './secret-name.js'
import {
  findSelectionProblems,
  selectedRepositoryEndpoint,
  selectionEndpoint,
} from './selection-endpoints.js'

/** @import { Answer } from '../answer.js' */
/** @import { Destination } from './destination.js' */
/** @import { Call, Endpoint } from './endpoint.js' */

/**
 * Finds the endpoint that a path below a destination's secrets leads to.
 *
 * @param {Destination} destination
 * @param {string[]} path What stands behind `/secrets`.
 * @returns {Endpoint | undefined}
 */
export function findSecretEndpoint(destination, path) {
  const [name, word, id, ...rest] = path
  if (rest.length > 0) return undefined
  if (name === undefined) return listEndpoint(destination)
  if (word === undefined) {
    return name === 'public-key'
      ? publicKeyEndpoint(destination)
      : secretEndpoint(destination, name)
  }
  if (destination.scope !== 'organisation' || word !== 'repositories') return undefined
  return id === undefined
    ? selectionEndpoint(destination, name)
    : selectedRepositoryEndpoint(destination, name, id)
}

/**
 * @param {Destination} destination
 * @returns {Endpoint}
 */
function listEndpoint(destination) {
  return createEndpoint(secretsPermission(destination), {
    GET({ state, request, apiUrl }) {
      const secrets = state.secrets.list(destination)
      const url = `${apiUrl}${secretsPath(destination)}`
      const { items, headers } = cutPage(secrets, request.query, url)
      const shown = items.map((secret) => showSecret(destination, secret, apiUrl))
      return { status: 200, headers, body: { total_count: secrets.length, secrets: shown } }
    },
  })
}

/**
 * @param {Destination} destination
 * @returns {Endpoint}
 */
function publicKeyEndpoint(destination) {
  return createEndpoint(secretsPermission(destination), {
    GET: ({ state, request }) => ({
      status: 200,
      body: state.publicKeyFaults.show(state.secrets.keyOf(destination), request),
    }),
  })
}

/**
 * @param {Destination} destination
 * @param {string} name
 * @returns {Endpoint}
 */
function secretEndpoint(destination, name) {
  return createEndpoint(secretsPermission(destination), {
    GET({ state, apiUrl }) {
      const secret = orNotFound(state.secrets.find(destination, name))
      return { status: 200, body: showSecret(destination, secret, apiUrl) }
    },
    PUT: (call) => putSecret(call, destination, name),
    DELETE({ state }) {
      if (!state.secrets.delete(destination, name)) throw new Refusal(404, 'Not Found')
      return { status: 204 }
    },
  })
}

/**
 * A box that does not open is taken all the same, as GitHub opens none when it is sent.
 *
 * @param {Call} call
 * @param {Destination} destination
 * @param {string} name
 * @returns {Promise<Answer>}
 */
async function putSecret({ state: { accounts, secrets }, request }, destination, name) {
  refuseInvalid(findNameProblems(name))
  const { sealed, keyId, visibility, selectedRepositoryIds } = readSecretBody(
    destination,
    request.text,
  )
  const key = secrets.keyOf(destination)
  if (keyId !== undefined && keyId !== key.keyId) {
    refuseInvalid(['key_id is not the id of the current public key'])
  }
  refuseInvalid(findSelectionProblems(accounts, destination, selectedRepositoryIds))
  if (sealed === undefined && secrets.find(destination, name) === undefined) {
    refuseInvalid(['a new secret needs encrypted_value and key_id'])
  }
  const value = sealed === undefined ? undefined : await openSealedBox(sealed, key)
  const content = { value, visibility, selectedRepositoryIds }
  return secrets.put(destination, name, content).created
    ? { status: 201, body: {} }
    : { status: 204 }
}
