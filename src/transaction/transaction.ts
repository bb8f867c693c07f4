import type { Journal } from './journal.js'
import { type Phase, TRANSITIONS, type TransactionRecord } from './record.js'

/** What may change of a record while its phase stays the same. */
type Changes = Partial<Omit<TransactionRecord, 'phase'>>

/** What a transaction needs from outside. */
export interface TransactionPorts {
  /** Keeps the record for the post step. Throws when it cannot. */
  readonly save: (record: TransactionRecord) => void
  readonly journal: Journal
  /** Limit for one create request, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * One create transaction: its record, saved at every step that counts, so that the post step can finish what a
 * crash cut short, and noted in the job's journal. Nothing else changes a phase.
 */
export class Transaction {
  #record: TransactionRecord
  readonly #ports: TransactionPorts

  constructor(intent: Omit<TransactionRecord, 'phase'>, ports: TransactionPorts) {
    this.#record = { ...intent, phase: 'intent' }
    this.#ports = ports
  }

  /** The record as it stands now. */
  get record(): TransactionRecord {
    return this.#record
  }

  /** Saves the intent: from here on a key may exist. The journal has it with the first request. */
  begin(): void {
    this.#ports.save(this.#record)
  }

  /** Tells the other steps of the job that a create request is under way, whose response may bring a key. */
  noteRequest(): void {
    this.#ports.journal.write(this.#record, this.#ports.timeoutMs)
  }

  /** Tells them that it is over, and brought none. */
  noteFailure(): void {
    this.#ports.journal.write(this.#record)
  }

  /** Moves to another phase. Throws a `TypeError` for a transition that is not legal, and what saving throws. */
  advance(phase: Phase, changes: Changes = {}): void {
    const { phase: current } = this.#record
    if (!TRANSITIONS[current].includes(phase)) {
      throw new TypeError(`A transaction does not go from ${current} to ${phase}`)
    }
    this.#keep({ ...this.#record, ...changes, phase })
  }

  /** Notes what happened within a phase. Throws what saving throws. */
  note(changes: Changes): void {
    this.#keep({ ...this.#record, ...changes })
  }

  #keep(record: TransactionRecord): void {
    this.#record = record
    // First what the post step goes by: it takes a key that only the journal knows for another step's.
    this.#ports.save(record)
    this.#ports.journal.write(record)
  }
}
