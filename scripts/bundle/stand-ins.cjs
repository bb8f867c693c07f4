'use strict'

// Takes the place, in the bundle, of modules that GitHub's toolkit loads at its start: node:crypto, and what a
// step never uses (undici's fetch, agents and tunnels, OIDC, platform detection, the summary writer).
// scripts/build.js lists them. Loading them all takes longer than the rest of a step.

let delimiters = 0

/**
 * All that the toolkit wants of node:crypto: a mark between a value and the file around it. It has to be
 * new, not secret, since the toolkit refuses a value that holds it.
 */
exports.randomUUID = () => {
  delimiters += 1
  return [Date.now(), process.pid, delimiters, Math.random()].join('_')
}

/** The HTTP client makes an agent or a tunnel for each request, and ours brings its own connection. */
exports.Agent = class {}
exports.httpOverHttp = () => undefined
exports.httpsOverHttp = () => undefined
exports.httpOverHttps = () => undefined
exports.httpsOverHttps = () => undefined

/** `@actions/github` asks for agents when it is loaded, and never uses them: it gets a `fetch` from us. */
exports.HttpClient = class {
  getAgent() {
    return undefined
  }

  getAgentDispatcher() {
    return undefined
  }
}

/** A method for each of a thousand endpoints; this action names the few it calls by their paths. */
exports.restEndpointMethods = () => ({})
