import { types } from 'node:util'
import { isRecord } from './is-record.js'

/** @import { RequestMatch } from './request-match.js' */

/**
 * When a fault strikes; one that is told nothing befalls the next request.
 *
 * @typedef {object} FaultTiming
 * @property {number} [skip] So many matching requests pass unharmed first; default 0.
 * @property {number} [times] So many matching requests are befallen; default 1, `Infinity` for all.
 * @property {number} [delayMs] Latency before anything else happens.
 */

/**
 * @typedef {'before' | 'work'} FaultMoment Whether a fault strikes with nothing done, or with the
 *   work done, such as a key that exists by then.
 */

/** @typedef {{ kind: 'delay', delayMs: number }} DelayFault Latency, then the usual answer. */

/**
 * @typedef {object} StatusFault Another status than the usual one.
 * @property {'status'} kind
 * @property {number} status
 * @property {number | string} [retryAfter] Seconds, or an HTTP date.
 * @property {unknown} [body] A string goes out as it is, anything else as JSON. Default: what the
 *   service says to such a status, on GitHub's side also to a rate limit that the headers speak of.
 * @property {Record<string, string>} [headers]
 * @property {FaultMoment} [after] Default `before`.
 */

/** @typedef {{ kind: 'reset', when?: FaultMoment }} ResetFault The connection is reset. */
/** @typedef {{ kind: 'hold', when?: FaultMoment }} HoldFault The answer is never sent. */
/** @typedef {{ kind: 'late', delayMs: number }} LateFault A hold whose work is done `delayMs` later. */
/** @typedef {{ kind: 'truncate' }} TruncateFault Half the promised body, then the end. */
/** @typedef {{ kind: 'garble' }} GarbleFault Status 200 with a body that is not JSON. */
/** @typedef {{ kind: 'omit', fields: string[] }} OmitFault The JSON answer without these fields. */
/** @typedef {{ kind: 'huge', bytes: number }} HugeFault The answer padded to this size, streamed. */
/** @typedef {{ kind: 'slow-body', delayMs: number }} SlowBodyFault One byte of body per `delayMs`. */
/** @typedef {{ kind: 'redirect', location: string, status?: number }} RedirectFault Default 307. */
/** @typedef {{ kind: 'no-date' }} NoDateFault The usual answer without its `Date` header. */

/**
 * One way in which the sandbox can be told to misbehave.
 *
 * @typedef {RequestMatch & FaultTiming & (DelayFault | StatusFault | ResetFault | HoldFault | LateFault
 *   | TruncateFault | GarbleFault | OmitFault | HugeFault | SlowBodyFault | RedirectFault
 *   | NoDateFault)} Fault
 */

/**
 * @typedef {object} Rule
 * @property {(value: unknown) => boolean} holds
 * @property {string} expected
 */

/** @type {Rule} */
const text = {
  holds: (value) => typeof value === 'string' && value !== '',
  expected: 'a non-empty string',
}

/** @type {Rule} */
const count = {
  holds: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  expected: 'a whole number, 0 or more',
}

/** @type {Rule} */
const milliseconds = {
  // A longer timer would fire at once.
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1,
  expected: 'milliseconds, from 0 to 2147483647',
}

/** @type {Rule} */
const moment = {
  holds: (value) => value === 'before' || value === 'work',
  expected: '"before" or "work"',
}

/** @type {Record<string, Rule>} */
const matchRules = {
  kind: text,
  method: text,
  path: {
    holds: (value) => text.holds(value) || types.isRegExp(value),
    expected: 'a non-empty string or a RegExp',
  },
  skip: count,
  times: {
    holds: (value) => value === Infinity || (count.holds(value) && value !== 0),
    expected: 'a whole number, 1 or more',
  },
  delayMs: milliseconds,
}

/** @type {Record<string, { needs: Record<string, Rule>, takes: Record<string, Rule> }>} */
const kindRules = {
  delay: { needs: { delayMs: milliseconds }, takes: {} },
  status: {
    needs: {
      status: {
        holds: (value) => isStatus(value, 200, 599),
        expected: 'a final HTTP status, 200 to 599',
      },
    },
    takes: {
      retryAfter: {
        holds: (value) => count.holds(value) || text.holds(value),
        expected: 'seconds or an HTTP date',
      },
      body: { holds: () => true, expected: 'anything' },
      headers: {
        holds: (value) =>
          isRecord(value) && Object.values(value).every((field) => typeof field === 'string'),
        expected: 'an object of strings',
      },
      after: moment,
    },
  },
  reset: { needs: {}, takes: { when: moment } },
  hold: { needs: {}, takes: { when: moment } },
  late: { needs: { delayMs: milliseconds }, takes: {} },
  truncate: { needs: {}, takes: {} },
  garble: { needs: {}, takes: {} },
  omit: {
    needs: {
      fields: {
        holds: (value) => Array.isArray(value) && value.length > 0 && value.every(text.holds),
        expected: 'an array of field names',
      },
    },
    takes: {},
  },
  huge: { needs: { bytes: count }, takes: {} },
  'slow-body': { needs: { delayMs: milliseconds }, takes: {} },
  redirect: {
    needs: { location: text },
    takes: {
      status: { holds: (value) => isStatus(value, 300, 399), expected: 'a status, 300 to 399' },
    },
  },
  'no-date': { needs: {}, takes: {} },
}

/**
 * Refuses a fault that the sandbox could not carry out as written, with every reason at once:
 * a misspelt fault that did nothing would let a test pass for the wrong reason.
 *
 * @param {unknown} value
 * @returns {asserts value is Fault}
 */
export function assertFault(value) {
  const problems = findProblems(value)
  if (problems.length > 0) throw new TypeError(`Not a fault: ${problems.join('; ')}.`)
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
function findProblems(value) {
  if (!isRecord(value)) return ['expected an object']
  const { kind } = value
  const kinds = Object.keys(kindRules)
  const own =
    typeof kind === 'string' && Object.hasOwn(kindRules, kind) ? kindRules[kind] : undefined
  if (own === undefined) return [`kind must be one of ${kinds.join(', ')}`]

  const rules = { ...matchRules, ...own.takes, ...own.needs }
  const missing = Object.keys(own.needs)
    .filter((name) => value[name] === undefined)
    .map((name) => `${String(kind)} needs ${name}`)
  const wrong = Object.entries(value).flatMap(([name, field]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) return [`${String(kind)} takes no ${name}`]
    return field === undefined || rule.holds(field) ? [] : [`${name} must be ${rule.expected}`]
  })
  return [...missing, ...wrong]
}

/**
 * @param {unknown} value
 * @param {number} from
 * @param {number} to
 * @returns {boolean}
 */
function isStatus(value, from, to) {
  return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to
}
