import { Refusal } from './refusal.js'

/**
 * Reads a body as JSON; undefined when there is none. GitHub pays no heed to the content type.
 *
 * @param {string} text
 * @returns {unknown}
 */
export function readJson(text) {
  if (text === '') return undefined
  try {
    /** @type {unknown} */
    const value = JSON.parse(text)
    return value
  } catch {
    throw new Refusal(400, 'Problems parsing JSON')
  }
}
