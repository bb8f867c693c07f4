import { CancelledError } from '../core/errors.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { ManagementApi } from '../junction/client.js'
import type { NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { revokeUndelivered } from './mint.js'
import type { SecretRecord } from './record.js'
import { type TakeBackPorts, takeBackSecrets } from './take-back.js'
import type { Transaction } from './transaction.js'
import { type VerifyPorts, verifyKey } from './verify.js'
import { writeSecrets } from './write-secrets.js'

/** What a delivery needs from outside. */
export interface DeliveryPorts
  extends TakeBackPorts,
    Pick<Runner, 'info' | 'cancellation' | 'lastCall'> {
  readonly api: ManagementApi
  /** What the key is tried with before anything is written; `undefined` when it is not. */
  readonly verify: VerifyPorts | undefined
  /** `undefined` when no secret is written. */
  readonly secrets: GitHubSecrets | undefined
  /** Gives the key to the job, as step outputs and variables, its value last. */
  readonly publish: (secrets: readonly SecretRecord[]) => void
}

/** How a delivery ended. */
export type Delivery =
  | { readonly kind: 'delivered' }
  /** It failed, and everything is as it was before: the key is revoked, secrets that were created are deleted. */
  | {
      readonly kind: 'taken-back'
      readonly reason: unknown
      readonly deleted: readonly SecretRecord[]
    }
  /** It failed, and secrets contain the key, or may contain it, so that it must stay active. */
  | {
      readonly kind: 'kept'
      readonly reason: unknown
      readonly deleted: readonly SecretRecord[]
      readonly holding: readonly SecretRecord[]
    }

/**
 * Delivers a key: to secrets first, then to the job; verifies it before, if that is wanted. When that fails, or the
 * job is being cancelled, takes back what it can: no secret is left with a revoked key, and no unused key stays active.
 * Throws a `StrayKeysError` when the key was not delivered and may still be active, and what failed when there is no
 * time left to take anything back.
 */
export async function deliver(
  key: NewManagementKey,
  prepared: readonly PreparedSecret[],
  transaction: Transaction,
  ports: DeliveryPorts,
): Promise<Delivery> {
  try {
    refuseCancelled(ports)
    if (ports.verify !== undefined) {
      await verifyKey(key, transaction.record.request.teamIds, ports.verify)
      refuseCancelled(ports)
    }
    if (ports.secrets !== undefined) {
      const save = (secrets: readonly SecretRecord[]) => transaction.note({ secrets })
      await writeSecrets(ports.secrets, key.value, prepared, save)
    }
    ports.publish(transaction.record.secrets)
    transaction.advance('delivered')
    return { kind: 'delivered' }
  } catch (error) {
    // There is no time left: the post step undoes what can be undone.
    if (ports.lastCall.aborted) throw error
    return takeBack(error, key, transaction, ports)
  }
}

function refuseCancelled({ cancellation }: DeliveryPorts): void {
  if (cancellation.aborted) throw new CancelledError('The step was canceled')
}

async function takeBack(
  reason: unknown,
  key: NewManagementKey,
  transaction: Transaction,
  ports: DeliveryPorts,
): Promise<Delivery> {
  const { api, secrets, info } = ports
  const { deleted, holding } =
    secrets === undefined
      ? { deleted: [], holding: [] }
      : await takeBackSecrets(secrets, transaction.record.secrets, ports)
  if (holding.length > 0) {
    // It was cut short: the post step has the time to check and to delete.
    if (ports.lastCall.aborted) throw reason
    transaction.advance('kept', { secrets: holding })
    return { kind: 'kept', reason, deleted, holding }
  }
  await revokeUndelivered(key.id, reason, { api, info })
  transaction.advance('done')
  return { kind: 'taken-back', reason, deleted }
}
