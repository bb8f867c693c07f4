import { matchesRequest } from './http.js'
import {
  fits,
  isRecord,
  listOf,
  listProblems,
  objectOf,
  oneOf,
  pathPattern,
  refuse,
  rule,
  text,
  wholeNumber,
} from './shape.js'

/** @import { Fault, Rule, Shape } from './types.ts' */

const count = wholeNumber(0)
const moment = oneOf('before', 'work')

const milliseconds = rule(
  'milliseconds, from 0 to 2147483647',
  // A longer timer would fire immediately.
  (value) => typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1,
)

/** @type {Record<string, Rule>} Fields that every fault takes besides its kind: which requests it applies to, and when. */
export const commonFields = {
  method: text,
  path: pathPattern,
  skip: count,
  times: rule(
    'a whole number, 1 or more',
    (value) => value === Infinity || fits(wholeNumber(1), value),
  ),
  delayMs: milliseconds,
}

/** @type {Record<string, Shape>} Further fields of each kind; `types.ts` documents what they do. */
export const faultShapes = {
  delay: { needs: { delayMs: milliseconds } },
  status: {
    needs: { status: wholeNumber(200, 599) },
    takes: {
      retryAfter: rule(
        'seconds or an HTTP date',
        (value) => fits(count, value) || fits(text, value),
      ),
      body: rule('anything', () => true),
      headers: rule(
        'an object of strings',
        (value) =>
          isRecord(value) && Object.values(value).every((field) => typeof field === 'string'),
      ),
      after: moment,
    },
  },
  reset: { takes: { when: moment } },
  hold: { takes: { when: moment } },
  truncate: {},
  garble: {},
  omit: { needs: { fields: listOf('field names', text, 1) } },
  huge: { needs: { bytes: count } },
  'slow-body': { needs: { delayMs: milliseconds } },
  redirect: { needs: { location: text }, takes: { status: wholeNumber(300, 399) } },
  'no-date': {},
}

/** Keeps the pending faults, and decides which request each of them applies to. */
export class FaultQueue {
  /** @type {{ fault: Fault, skip: number, times: number }[]} */
  #waiting = []

  /** Queues a fault. @param {unknown} fault */
  add(fault) {
    assertFault(fault)
    const { skip = 0, times = 1 } = fault
    this.#waiting.push({ fault, skip, times })
  }

  /** Removes every pending fault. */
  clear() {
    this.#waiting = []
  }

  /**
   * Takes the first fault that applies to this request. A fault that skips it leaves it to the later
   * faults, so two faults can alternate.
   *
   * @param {{ method: string, path: string }} request
   * @returns {Fault | undefined}
   */
  take(request) {
    this.#waiting = this.#waiting.filter(({ times }) => times > 0)
    for (const entry of this.#waiting) {
      if (!matchesRequest(entry.fault, request)) continue
      if (entry.skip > 0) {
        entry.skip -= 1
        continue
      }
      entry.times -= 1
      return entry.fault
    }
    return undefined
  }
}

/**
 * Rejects a fault that the sandbox cannot apply as written, with every reason at once:
 * a misspelled fault that did nothing would let a test pass for the wrong reason.
 *
 * @param {unknown} value
 * @returns {asserts value is Fault}
 */
function assertFault(value) {
  const kind = isRecord(value) ? String(value['kind']) : ''
  const shape = new Map(Object.entries(faultShapes)).get(kind)
  if (shape === undefined) {
    refuse('a fault', [`kind must be one of ${Object.keys(faultShapes).join(', ')}`])
  }
  const takes = { kind: text, ...commonFields, ...shape?.takes }
  refuse('a fault', listProblems(objectOf({ ...shape, takes }), value))
}
