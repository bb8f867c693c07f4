import { type Phase, TRANSITIONS, type TransactionRecord } from './record.js'

/** What may change of a record while its phase stays the same. */
type Changes = Partial<Omit<TransactionRecord, 'phase'>>

/**
 * One create transaction: its record, saved at every step that counts, so that the post step can finish what a
 * crash cut short. Nothing else changes a phase.
 */
export class Transaction {
  #record: TransactionRecord
  readonly #save: (record: TransactionRecord) => void

  /** `save` keeps a record for the post step, and throws when it cannot. */
  constructor(intent: Omit<TransactionRecord, 'phase'>, save: (record: TransactionRecord) => void) {
    this.#record = { ...intent, phase: 'intent' }
    this.#save = save
  }

  /** The record as it stands now. */
  get record(): TransactionRecord {
    return this.#record
  }

  /** Saves the intent: from here on a key may exist. */
  begin(): void {
    this.#save(this.#record)
  }

  /** Moves to another phase. Throws a `TypeError` for a transition that is not legal, and what saving throws. */
  advance(phase: Phase, changes: Changes = {}): void {
    const { phase: current } = this.#record
    if (!TRANSITIONS[current].includes(phase)) {
      throw new TypeError(`A transaction does not go from ${current} to ${phase}`)
    }
    this.#record = { ...this.#record, ...changes, phase }
    this.#save(this.#record)
  }

  /** Notes what happened within a phase. Throws what saving throws. */
  note(changes: Changes): void {
    this.#record = { ...this.#record, ...changes }
    this.#save(this.#record)
  }
}
