'use strict'

// Takes the place, in the bundle, of modules that GitHub's toolkit loads at its start and that a step
// needs late or never: TLS and proxy tunnels come when a connection asks for them, the rest of the list
// in scripts/build.js (undici's fetch, OIDC, platform detection, the summary writer) is never called.
// Loading them all takes longer than the rest of a step.

let delimiters = 0

/**
 * All that the toolkit wants of node:crypto: a mark between a value and the file around it. It has to be
 * new, not secret, since the toolkit refuses a value that holds it.
 */
exports.randomUUID = () => {
  delimiters += 1
  return [Date.now(), process.pid, delimiters, Math.random()].join('_')
}

/** @param {Parameters<typeof import('node:https').request>} args */
exports.request = (...args) => require('node:https').request(...args)

exports.Agent = class {
  /** @param {import('node:https').AgentOptions} options */
  constructor(options) {
    const { Agent } = require('node:https')
    // biome-ignore lint/correctness/noConstructorReturn: callers shall get the real class
    return new Agent(options)
  }
}

/** @param {object} options */
exports.httpOverHttp = (options) => require('tunnel').httpOverHttp(options)

/** @param {object} options */
exports.httpsOverHttp = (options) => require('tunnel').httpsOverHttp(options)

/** @param {object} options */
exports.httpOverHttps = (options) => require('tunnel').httpOverHttps(options)

/** @param {object} options */
exports.httpsOverHttps = (options) => require('tunnel').httpsOverHttps(options)

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
