import { matchesRequest } from './http.js'
import { findProblems, isRecord, oneOf, pathPattern, refuse, text, wholeNumber } from './shape.js'

/** @import { Fault, Rule, Shape } from './types.ts' */

const count = wholeNumber(0)
const moment = oneOf('before', 'work')

/** @type {Rule} */
const milliseconds = {
  // A longer timer would fire immediately.
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1,
  expected: 'milliseconds, from 0 to 2147483647',
}

/** @type {Record<string, Rule>} Fields that every fault takes besides its kind: which requests it applies to, and when. */
export const commonFields = {
  method: text,
  path: pathPattern,
  skip: count,
  times: {
    holds: (value) => value === Infinity || wholeNumber(1).holds(value),
    expected: 'a whole number, 1 or more',
  },
  delayMs: milliseconds,
}

/** @type {Record<string, Shape>} Further fields of each kind; `types.ts` documents what they do. */
export const faultShapes = {
  delay: { needs: { delayMs: milliseconds } },
  status: {
    needs: { status: wholeNumber(200, 599) },
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
  reset: { takes: { when: moment } },
  hold: { takes: { when: moment } },
  late: { needs: { delayMs: milliseconds } },
  truncate: {},
  garble: {},
  omit: {
    needs: {
      fields: {
        holds: (value) => Array.isArray(value) && value.length > 0 && value.every(text.holds),
        expected: 'an array of field names',
      },
    },
  },
  huge: { needs: { bytes: count } },
  'slow-body': { needs: { delayMs: milliseconds } },
  redirect: { needs: { location: text }, takes: { status: wholeNumber(300, 399) } },
  'no-date': {},
}

/** Keeps the pending faults, and decides which request each of them applies to. */
export class FaultQueue {
  /** @type {{ fault: Fault, skip: number, times: number }[]} */
  #waiting = []

  /**
   * Queues a fault.
   *
   * @param {unknown} fault
   */
  add(fault) {
    assertFault(fault)
    this.#waiting.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 })
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
    for (const entry of this.#waiting) {
      if (!matchesRequest(entry.fault, request)) continue
      if (entry.skip > 0) {
        entry.skip -= 1
        continue
      }
      entry.times -= 1
      if (entry.times === 0) this.#waiting = this.#waiting.filter((other) => other !== entry)
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
  const problems =
    shape === undefined
      ? [`kind must be one of ${Object.keys(faultShapes).join(', ')}`]
      : findProblems(kind, value, {
          ...shape,
          takes: { kind: text, ...commonFields, ...shape.takes },
        })
  refuse('a fault', problems)
}
