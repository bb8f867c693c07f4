import type { Clock } from '../core/clock.js'
import { explainError, StrayKeysError } from '../core/errors.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { SecretRecord, TransactionRecord } from './record.js'
import { revokeStrayKeys, type StrayPorts } from './stray-keys.js'
import {
  deleteCreated,
  isWritten,
  type TakeBackPorts,
  type TakenBack,
  takeBackSecrets,
} from './take-back.js'

/** What becomes of the key that a record names. */
export type KeyPlan =
  /** The record names no key that is active. */
  | { readonly kind: 'no-key' }
  /** It stays active, as the inputs want it. */
  | { readonly kind: 'leave'; readonly keyId: string }
  /** It stays active whatever the inputs want: a delivery failed, and secrets contain it, or may contain it. */
  | { readonly kind: 'keep'; readonly keyId: string }
  | {
      readonly kind: 'revoke'
      readonly keyId: string
      readonly why: 'not-delivered' | 'always' | 'on_failure'
    }

/** What the post step has to do. */
export interface Recovery {
  readonly key: KeyPlan
  /** Whether a create request may have left a key that no record names. */
  readonly mayHaveStrays: boolean
}

/** Whether there may be a key: one that the record names, or one that a create request left behind. */
export function isUnfinished({ phase, mayExist }: TransactionRecord): boolean {
  return mayExist || (phase !== 'planned' && phase !== 'done')
}

/** Whether a record says that the key was delivered. */
export function isDelivered(record: TransactionRecord | undefined): boolean {
  return record?.phase === 'delivered'
}

/** Plans what is left to do for a record once the job has ended, as `jobStatus` says: `''` when it is unknown. */
export function planRecovery(record: TransactionRecord, jobStatus: string): Recovery {
  return {
    key: planForKey(record, jobStatus),
    mayHaveStrays: record.phase === 'intent' || record.mayExist,
  }
}

function planForKey({ phase, keyId, revoke }: TransactionRecord, jobStatus: string): KeyPlan {
  if (keyId === undefined || phase === 'planned' || phase === 'done') return { kind: 'no-key' }
  if (phase === 'created' || phase === 'intent') {
    return { kind: 'revoke', keyId, why: 'not-delivered' }
  }
  if (phase === 'kept') return { kind: 'keep', keyId }
  const isFailed = jobStatus !== '' && jobStatus !== 'success'
  if (revoke === 'always' || (revoke === 'on_failure' && isFailed)) {
    return { kind: 'revoke', keyId, why: revoke }
  }
  return { kind: 'leave', keyId }
}

/** What became of the secrets that contain a key which is to be revoked. */
export interface RollBack extends TakenBack {
  /** Secrets that were there before and have been overwritten: they keep the revoked key. */
  readonly overwritten: readonly SecretRecord[]
  /** Whether the key was delivered to all of them. */
  readonly wasDelivered: boolean
}

/**
 * Deletes the secrets that contain a key before it is revoked. While one of `holding` contains it, the key must
 * stay active. `secrets` is `undefined` when there is no token to reach them with.
 */
export async function rollBackSecrets(
  { phase, secrets: records }: TransactionRecord,
  secrets: GitHubSecrets | undefined,
  ports: TakeBackPorts,
): Promise<RollBack> {
  const wasDelivered = phase === 'delivered'
  const written = records.filter(isWritten)
  const overwritten = written.filter(({ existed }) => existed)
  const undone =
    wasDelivered && secrets !== undefined
      ? await deleteCreated(secrets, written, ports)
      : await takeBackSecrets(secrets, written, ports)
  return { ...undone, overwritten, wasDelivered }
}

/**
 * The secrets that another run has written since, as GitHub's mark shows: they contain its key. One whose mark cannot
 * be compared counts as this step's own.
 */
export async function findForeign(
  { phase, secrets: records }: TransactionRecord,
  secrets: Pick<GitHubSecrets, 'readMetadata'>,
): Promise<readonly SecretRecord[]> {
  const foreign: SecretRecord[] = []
  if (phase !== 'delivered') return foreign
  for (const record of records) {
    if (record.updatedAt === undefined) continue
    const metadata = await secrets.readMetadata(record).catch(() => undefined)
    if ((metadata?.updatedAt ?? record.updatedAt) !== record.updatedAt) foreign.push(record)
  }
  return foreign
}

/** What a look for stray keys brought. */
export interface StrayReport {
  /** Why keys may still be active, naming them; empty when there is nothing to say. */
  readonly problems: readonly string[]
  /** Whether one may still appear: the create request may yet be carried out. */
  readonly mayAppear: boolean
}

/** A create that was cut off may still be carried out: the pauses before each look, in milliseconds. */
const LOOKS_AFTER_A_CRASH = [0, 2_000]

/** Looks for keys that a create request may have left behind, and revokes this step's own. Never throws. */
export async function recoverStrayKeys(
  record: TransactionRecord,
  ports: StrayPorts & { readonly clock: Clock },
): Promise<StrayReport> {
  const wasCutOff = record.phase === 'intent'
  const problems = new Set<string>()
  let revoked = 0
  for (const pause of wasCutOff ? LOOKS_AFTER_A_CRASH : [0]) {
    try {
      await ports.clock.sleep(pause)
      revoked += await revokeStrayKeys(record, ports)
    } catch (error) {
      const why = explainError(error)
      problems.add(
        error instanceof StrayKeysError
          ? why
          : `A create request that got no response may have created a Management Key with the label "${record.request.label}", and the action could not determine whether it did: ${why}. Check the Junction Dashboard`,
      )
    }
  }
  const mayAppear = wasCutOff && problems.size === 0 && revoked === 0
  return { problems: [...problems], mayAppear }
}
