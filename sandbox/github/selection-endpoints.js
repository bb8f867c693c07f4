import { secretsPath, secretsPermission } from './destination.js'
import { createEndpoint } from './endpoint.js'
import { cutPage } from './page.js'
import { showRepository } from './published-shapes.js'
import { orNotFound, Refusal, refuseInvalid } from './refusal.js'
import { readSelection } from './secret-body.js'

/** @import { AccountStore } from './account-store.js' */
/** @import { Destination } from './destination.js' */
/** @import { Call, Endpoint } from './endpoint.js' */
/** @import { StoredSecret } from './secret-store.js' */

/**
 * The endpoint of the repositories that an organisation's secret is selected for.
 *
 * @param {Destination} destination
 * @param {string} name
 * @returns {Endpoint}
 */
export function selectionEndpoint(destination, name) {
  return createEndpoint(secretsPermission(destination), {
    GET({ state, request, apiUrl }) {
      const secret = orNotFound(state.secrets.find(destination, name))
      const repositories = secret.selectedRepositoryIds.map((id) =>
        orNotFound(state.accounts.findRepositoryById(destination.owner, id)),
      )
      const url = `${apiUrl}${secretsPath(destination)}/${secret.name}/repositories`
      const { items, headers } = cutPage(repositories, request.query, url)
      const shown = items.map((repository) => showRepository(repository, apiUrl))
      return {
        status: 200,
        headers,
        body: { total_count: repositories.length, repositories: shown },
      }
    },
    PUT(call) {
      const secret = findSelected(call, destination, name)
      const ids = readSelection(call.request.text)
      refuseInvalid(findSelectionProblems(call.state.accounts, destination, ids))
      secret.selectedRepositoryIds = [...new Set(ids)]
      return { status: 204 }
    },
  })
}

/**
 * The endpoint that adds or removes one repository by its id.
 *
 * @param {Destination} destination
 * @param {string} name
 * @param {string} id
 * @returns {Endpoint}
 */
export function selectedRepositoryEndpoint(destination, name, id) {
  return createEndpoint(secretsPermission(destination), {
    PUT(call) {
      const secret = findSelected(call, destination, name)
      const found = call.state.accounts.findRepositoryById(destination.owner, readId(id))
      secret.selectedRepositoryIds = [
        ...new Set([...secret.selectedRepositoryIds, orNotFound(found).id]),
      ]
      return { status: 204 }
    },
    DELETE(call) {
      const secret = findSelected(call, destination, name)
      const removed = readId(id)
      secret.selectedRepositoryIds = secret.selectedRepositoryIds.filter(
        (selected) => selected !== removed,
      )
      return { status: 204 }
    },
  })
}

/**
 * Finds ids that are none of an organisation's repositories.
 *
 * @param {AccountStore} accounts
 * @param {Destination} destination
 * @param {number[]} ids
 * @returns {string[]}
 */
export function findSelectionProblems(accounts, { owner }, ids) {
  return ids
    .filter((id) => accounts.findRepositoryById(owner, id) === undefined)
    .map((id) => `${owner} has no repository with the id ${id}`)
}

/**
 * @param {Call} call
 * @param {Destination} destination
 * @param {string} name
 * @returns {StoredSecret}
 */
function findSelected({ state }, destination, name) {
  const secret = orNotFound(state.secrets.find(destination, name))
  if (secret.visibility !== 'selected') {
    throw new Refusal(409, 'The visibility of the secret is not set to selected')
  }
  return secret
}

/**
 * @param {string} text
 * @returns {number}
 */
function readId(text) {
  if (!/^\d+$/.test(text)) throw new Refusal(404, 'Not Found')
  return Number(text)
}
