import { findEnvironment } from './account-store.js'
import { createEndpoint } from './endpoint.js'
import { readEnvironmentBody } from './environment-body.js'
import { showEnvironment, showRepository } from './published-shapes.js'
import { orNotFound, refuseInvalid } from './refusal.js'

/** @import { Repository } from './account-store.js' */
/** @import { Endpoint } from './endpoint.js' */

/**
 * The endpoint that describes a repository.
 *
 * @param {Repository} repository
 * @returns {Endpoint}
 */
export function repositoryEndpoint(repository) {
  return createEndpoint('metadata', {
    GET: ({ apiUrl }) => ({ status: 200, body: showRepository(repository, apiUrl) }),
  })
}

/**
 * The endpoint of one environment of a repository.
 *
 * @param {Repository} repository
 * @param {string} name
 * @returns {Endpoint}
 */
export function environmentEndpoint(repository, name) {
  return {
    ...createEndpoint('actions', {
      GET({ apiUrl }) {
        const environment = orNotFound(findEnvironment(repository, name))
        return { status: 200, body: showEnvironment(repository, environment, apiUrl) }
      },
    }),
    ...createEndpoint('administration', {
      PUT({ state, request, apiUrl }) {
        if (name === '') refuseInvalid(['an environment needs a name'])
        const protection = readEnvironmentBody(request.text)
        const found = findEnvironment(repository, name)
        if (found !== undefined) state.accounts.resetEnvironment(repository, found, protection)
        const environment = found ?? state.accounts.addEnvironment(repository, name, protection)
        return { status: 200, body: showEnvironment(repository, environment, apiUrl) }
      },
    }),
  }
}
