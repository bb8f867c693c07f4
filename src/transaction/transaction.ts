import type { Journal } from './journal.js'
import { type Phase, refuseLargeRecord, TRANSITIONS, type TransactionRecord } from './record.js'

/** What may change of a record while its phase stays the same. */
type Changes = Partial<Omit<TransactionRecord, 'phase' | 'revision'>>

type Plan = Pick<TransactionRecord, 'apiUrl' | 'orgId' | 'request' | 'revoke' | 'githubApiUrl'>

interface TransactionPorts {
  /** Keeps the record for the post step. Throws when it cannot. */
  readonly save: (record: TransactionRecord) => void
  readonly journal: Pick<Journal, 'write'>
}

/**
 * One create transaction: its record, saved at every step that counts, so that the post step can finish what a
 * crash cut short, and noted in the job's journal. Nothing else changes a phase.
 */
export class Transaction {
  #record: TransactionRecord
  readonly #ports: TransactionPorts

  constructor(plan: Plan, ports: TransactionPorts) {
    const nothing = {
      ownsLabel: false,
      began: 0,
      knownIds: [],
      mayExist: false,
      keyId: undefined,
      previousIds: [],
      replacedIds: [],
      secrets: [],
    }
    this.#record = { ...nothing, ...plan, phase: 'planned', revision: 0 }
    this.#ports = ports
  }

  get record(): TransactionRecord {
    return this.#record
  }

  /** Saves the intent: from here on a key may exist. Throws an `ActionError` when the record may outgrow its place. */
  begin(changes: Changes): void {
    refuseLargeRecord({ ...this.#record, ...changes })
    this.advance('intent', changes)
  }

  /** Moves to another phase. Throws a `TypeError` for a transition that is not legal, and what saving throws. */
  advance(phase: Phase, changes: Changes = {}): void {
    const { phase: current } = this.#record
    if (!TRANSITIONS[current].includes(phase)) {
      throw new TypeError(`A transaction does not go from ${current} to ${phase}`)
    }
    this.#keep({ ...changes, phase })
  }

  /** Notes what happened within a phase. Throws what saving throws. */
  note(changes: Changes): void {
    this.#keep(changes)
  }

  #keep(changes: Changes & { readonly phase?: Phase }): void {
    const next = { ...this.#record, ...changes, revision: this.#record.revision + 1 }
    try {
      this.#ports.save(next)
      this.#record = next
    } finally {
      this.#ports.journal.write(next)
    }
  }
}
