'use strict'

// Replaces, in the bundle, modules that GitHub's toolkit loads at start-up: node:crypto, and what a step never
// uses (undici's fetch, agents and tunnels, OIDC, platform detection, the summary writer). scripts/build.js
// lists them. Loading them takes longer than the rest of a step.

let delimiters = 0

/**
 * The only function of node:crypto that the toolkit uses: a delimiter around a value in a file. It must be unique, not
 * secret, because the toolkit rejects a value that contains it.
 */
exports.randomUUID = () => {
  delimiters += 1
  return [Date.now(), process.pid, delimiters, Math.random()].join('_')
}

/** The HTTP client creates an agent or a tunnel for each request, but our requests have their own connection. */
exports.Agent = class {}
exports.httpOverHttp = () => undefined
exports.httpsOverHttp = () => undefined
exports.httpOverHttps = () => undefined
exports.httpsOverHttps = () => undefined

/** `@actions/github` requests agents when it is loaded, but never uses them: it gets our `fetch`. */
exports.HttpClient = class {
  getAgent() {
    return undefined
  }

  getAgentDispatcher() {
    return undefined
  }
}

/** A method for each of a thousand endpoints, and lists of them: this action names the few it calls by their paths. */
exports.restEndpointMethods = () => ({})
exports.paginateRest = () => ({})
exports.withCustomRequest = () => ({ defaults: () => undefined })
