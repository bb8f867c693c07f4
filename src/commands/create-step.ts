import type { Clock } from '../core/clock.js'
import type { Secrets } from '../github/secrets.js'
import type { CreateInputs } from '../inputs/create.js'
import type { ManagementApi } from '../junction/client.js'
import type { Runner } from '../runner/runner.js'
import type { Transaction } from '../transaction/record.js'

/** What the parts of the main step share. */
export interface CreateStep {
  readonly inputs: CreateInputs
  readonly runner: Runner
  readonly clock: Clock
  readonly api: ManagementApi
  /** `undefined` when no secret is to be written. */
  readonly secrets: Secrets | undefined
  /** Saves how far the transaction came, for the post step. */
  readonly save: (transaction: Transaction) => void
}
