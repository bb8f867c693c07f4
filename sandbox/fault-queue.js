import { assertFault } from './faults.js'
import { matchesRequest } from './request-match.js'

/** @import { Fault } from './faults.js' */

/** Keeps the faults that are still to come, and decides which request each of them befalls. */
export class FaultQueue {
  /** @type {{ fault: Fault, skip: number, times: number }[]} */
  #waiting = []

  /** How many faults are still to come. */
  get length() {
    return this.#waiting.length
  }

  /**
   * Queues a fault.
   *
   * @param {unknown} fault
   * @returns {void}
   */
  add(fault) {
    assertFault(fault)
    this.#waiting.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 })
  }

  /**
   * Forgets every fault that is still to come.
   *
   * @returns {void}
   */
  clear() {
    this.#waiting = []
  }

  /**
   * Takes the first fault that befalls this request. A fault that lets it pass leaves it to the
   * faults behind, so two faults can be told to take turns.
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
