import { types } from 'node:util'

/** @import { Place, Problem, Rule, Shape } from './types.ts' */

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

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
 * A condition for one value.
 *
 * @param {string} expected Its wording after "must be".
 * @param {(value: unknown) => boolean} holds
 * @param {string} [type] What a validation error of the Management API calls it.
 * @returns {Rule}
 */
export function rule(expected, holds, type = 'value_error') {
  return {
    expected,
    find: (input, loc) =>
      holds(input) ? [] : [{ type, loc, msg: `must be ${expected}`, input: input ?? null }],
  }
}

export const string = rule('a string', (value) => typeof value === 'string', 'string_type')

export const text = rule('a non-empty string', (value) => typeof value === 'string' && value !== '')

/** A UUID in the usual hyphenated form, in either case. */
export const uuid = rule(
  'a UUID',
  (value) => typeof value === 'string' && uuidForm.test(value),
  'uuid_parsing',
)

/** Part of a path, or a pattern that a path matches. */
export const pathPattern = rule(
  'a non-empty string or a RegExp',
  (value) => types.isRegExp(value) || fits(text, value),
)

/** A whole number in a range. @param {number} from @param {number} [to] */
export function wholeNumber(from, to = Number.MAX_SAFE_INTEGER) {
  return rule(
    `a whole number, ${from} ${to === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${to}`}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to,
  )
}

/** One of these values and nothing else. @param {...(string | number)} values */
export function oneOf(...values) {
  const expected = values.map((value) => JSON.stringify(value)).join(' or ')
  return rule(expected, (value) => values.some((known) => known === value), 'enum')
}

/** @param {Rule} content @returns {Rule} */
export function orNull({ expected, find }) {
  return {
    expected: `${expected}, or null`,
    find: (value, loc) => (value === null ? [] : find(value, loc)),
  }
}

/**
 * An array.
 *
 * @param {string} what Its entries, in the plural.
 * @param {Rule} entry
 * @param {number} [least] How many it has at least.
 * @returns {Rule}
 */
export function listOf(what, entry, least = 0) {
  const list = rule(`an array of ${what}`, () => false, 'list_type')
  return {
    expected: list.expected,
    find: (value, loc) =>
      Array.isArray(value) && value.length >= least
        ? value.flatMap((each, index) => entry.find(each, [...loc, index]))
        : list.find(value, loc),
  }
}

/**
 * An object with required and optional fields.
 *
 * @param {Shape} shape
 * @returns {Rule}
 */
export function objectOf({ needs = {}, takes = {}, ignoresOthers = false }) {
  const rules = Object.entries({ ...needs, ...takes })
  const object = rule('an object', isRecord, 'model_attributes_type')
  return {
    expected: object.expected,
    find(value, loc) {
      if (!isRecord(value)) return object.find(value, loc)
      const wrong = rules.flatMap(([name, content]) => {
        if (value[name] !== undefined) return content.find(value[name], [...loc, name])
        return name in needs ? [note('missing', [...loc, name], 'is required', value)] : []
      })
      const others = Object.keys(value)
        .filter((name) => !ignoresOthers && !rules.some(([known]) => known === name))
        .map((name) => note('extra', [...loc, name], 'is not allowed', value[name]))
      return [...wrong, ...others]
    },
  }
}

/** @param {string} type @param {Place} loc @param {string} msg @param {unknown} input @returns {Problem} */
function note(type, loc, msg, input) {
  return { type, loc, msg, input }
}

/** Whether a value has no problem. @param {Rule} known @param {unknown} value */
export function fits(known, value) {
  return known.find(value, []).length === 0
}

/** Says each problem with its place, as text. @param {Rule} known @param {unknown} value */
export function listProblems(known, value) {
  return known.find(value, []).map(({ loc, msg }) => `${loc.join('.') || 'it'} ${msg}`)
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
