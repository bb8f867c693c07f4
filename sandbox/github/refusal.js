import { errorBody } from './error-body.js'

/** @import { Answer } from '../answer.js' */

/** Thrown where a request turns out to be one that GitHub would refuse. */
export class Refusal extends Error {
  /** @type {Answer} */
  answer

  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message)
    this.name = 'Refusal'
    this.answer = { status, body: errorBody(status, message) }
  }
}

/**
 * Refuses a request whose content breaks the published schema or a rule beside it, if any does.
 *
 * @param {string[]} problems
 * @returns {void}
 */
export function refuseInvalid(problems) {
  if (problems.length > 0) throw new Refusal(422, `Invalid request: ${problems.join('; ')}.`)
}

/**
 * Takes a thing that was looked for, or answers that there is none.
 *
 * @template T
 * @param {T | undefined} found
 * @returns {T}
 */
export function orNotFound(found) {
  if (found === undefined) throw new Refusal(404, 'Not Found')
  return found
}
