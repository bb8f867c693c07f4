import { types } from 'node:util'

/** @import { Rule, Shape } from './types.ts' */

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Whether a value of unknown origin is a plain JSON object, so that its fields can be read.
 *
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Whether a value is a UUID in the usual hyphenated form, in either case.
 *
 * @param {unknown} value
 * @returns {value is string}
 */
export function isUuid(value) {
  return typeof value === 'string' && uuid.test(value)
}

/** @type {Rule} */
export const text = {
  holds: (value) => typeof value === 'string' && value !== '',
  expected: 'a non-empty string',
}

/** @type {Rule} Part of a path, or a pattern that a path matches. */
export const pathPattern = {
  holds: (value) => text.holds(value) || types.isRegExp(value),
  expected: 'a non-empty string or a RegExp',
}

/**
 * A whole number in a range.
 *
 * @param {number} from
 * @param {number} [to]
 * @returns {Rule}
 */
export function wholeNumber(from, to = Number.MAX_SAFE_INTEGER) {
  return {
    holds: (value) => Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to,
    expected: `a whole number, ${from} ${to === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${to}`}`,
  }
}

/**
 * One of these values and nothing else.
 *
 * @param {...(string | number)} values
 * @returns {Rule}
 */
export function oneOf(...values) {
  return {
    holds: (value) => values.some((known) => known === value),
    expected: values.map((value) => JSON.stringify(value)).join(' or '),
  }
}

/**
 * An array whose entries match a rule or a shape.
 *
 * @param {string} what Name of the entries, in the plural.
 * @param {Rule | Shape} entry
 * @returns {Rule}
 */
export function listOf(what, entry) {
  return {
    holds: (value) => Array.isArray(value) && value.every((each) => fits(each, entry)),
    expected: `an array of ${what}`,
  }
}

/**
 * Lists everything that is wrong with an object.
 *
 * @param {string} name How to call it.
 * @param {unknown} value
 * @param {Shape} shape
 * @returns {string[]}
 */
export function findProblems(name, value, { needs = {}, takes = {} }) {
  if (!isRecord(value)) return [`${name} must be an object`]
  const rules = new Map(Object.entries({ ...takes, ...needs }))
  const missing = Object.keys(needs)
    .filter((field) => value[field] === undefined)
    .map((field) => `${name} needs ${field}`)
  const wrong = Object.entries(value).flatMap(([field, content]) => {
    const rule = rules.get(field)
    if (rule === undefined) return [`${name} takes no ${field}`]
    return content === undefined || rule.holds(content) ? [] : [`${field} must be ${rule.expected}`]
  })
  return [...missing, ...wrong]
}

/**
 * Throws a TypeError that lists the problems, if there are any.
 *
 * @param {string} what What the value should have been, such as `a fault`.
 * @param {string[]} problems
 */
export function refuse(what, problems) {
  if (problems.length > 0) throw new TypeError(`Not ${what}: ${problems.join('; ')}.`)
}

/**
 * @param {unknown} value
 * @param {Rule | Shape} entry
 */
function fits(value, entry) {
  return 'holds' in entry ? entry.holds(value) : findProblems('', value, entry).length === 0
}
