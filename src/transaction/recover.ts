import type { Clock } from '../core/clock.js'
import { explainError, StrayKeysError } from '../core/errors.js'
import { describeSecret } from '../core/secret-target.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { Journal } from './journal.js'
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
  /** `leave`: it stays active, as the inputs want it; `keep`: whatever they want, since secrets contain it. */
  | { readonly kind: 'leave' | 'keep'; readonly keyId: string }
  | {
      readonly kind: 'revoke'
      readonly keyId: string
      readonly why: 'not-delivered' | 'always' | 'on_failure'
    }

/** Whether there may be a key: one that the record names, or one that a create request left behind. */
export function isUnfinished({ phase, mayExist }: TransactionRecord): boolean {
  return mayExist || (phase !== 'planned' && phase !== 'done')
}

export function isDelivered(record: TransactionRecord | undefined): boolean {
  return record?.phase === 'delivered'
}

/** Whether a create request may have left a key that the record does not name. */
export function mayHaveStrays({ phase, mayExist }: TransactionRecord): boolean {
  return phase === 'intent' || mayExist
}

/**
 * Plans what is left to do for the key of a record once the job has ended, as `jobStatus` says: `''` when it is
 * unknown. `undefined` when the record names no key that is active.
 */
export function planForKey(record: TransactionRecord, jobStatus: string): KeyPlan | undefined {
  const { phase, keyId, revoke } = record
  if (keyId === undefined || phase === 'planned' || phase === 'done') return undefined
  if (phase === 'kept') return { kind: 'keep', keyId }
  if (!isDelivered(record)) return { kind: 'revoke', keyId, why: 'not-delivered' }
  const hasFailed = jobStatus !== '' && jobStatus !== 'success'
  if (revoke === 'never' || (revoke === 'on_failure' && !hasFailed)) return { kind: 'leave', keyId }
  return { kind: 'revoke', keyId, why: revoke }
}

/** What became of the secrets that contain a key which is to be revoked. */
export interface ReleasedSecrets extends TakenBack {
  /** They were there before, and keep the revoked key. */
  readonly overwritten: readonly SecretRecord[]
  /** Another step or another run has written them since: they contain its key. */
  readonly foreign: readonly SecretRecord[]
}

/**
 * Deletes the secrets that contain a key before it is revoked. While one of `holding` contains it, the key must
 * stay active. `secrets` is `undefined` when there is no token to reach them with.
 */
export async function releaseSecrets(
  record: TransactionRecord,
  secrets: GitHubSecrets | undefined,
  journal: Pick<Journal, 'isOverwritten' | 'quietMs'>,
  ports: TakeBackPorts,
): Promise<ReleasedSecrets> {
  const judge = async (one: SecretRecord) => {
    if (journal.isOverwritten(one)) return { one, writer: 'other' }
    return { one, writer: await findWriter(one, secrets, journal, ports) }
  }
  const judged = await Promise.all(record.secrets.filter(isWritten).map(judge))
  const select = (wanted: string) =>
    judged.flatMap(({ one, writer }) => (writer === wanted ? [one] : []))
  const [own, foreign] = [select('own'), select('other')]
  // What may be another's is left alone as one that was there before, and the key with it.
  const unclear = select('unclear').map((one) => ({ ...one, existed: true }))
  const overwritten = own.filter(({ existed }) => existed)
  if (!isDelivered(record) || secrets === undefined) {
    const undone = await takeBackSecrets(secrets, [...own, ...unclear], ports)
    return { ...undone, overwritten, foreign }
  }
  const { deleted, holding } = await deleteCreated(secrets, own, ports)
  return { deleted, holding: [...holding, ...unclear], overwritten, foreign }
}

/** More than all attempts to write a secret take, in milliseconds: four at the longest timeout, with their pauses. */
const LONGEST_WRITE_MS = 50 * 60_000

/** Who wrote a secret last, by GitHub's marks. One that is gone is nobody else's. */
async function findWriter(
  { updatedAt, existed, ...target }: SecretRecord,
  secrets: GitHubSecrets | undefined,
  { quietMs }: Pick<Journal, 'quietMs'>,
  { warning }: Pick<TakeBackPorts, 'warning'>,
): Promise<'own' | 'other' | 'unclear'> {
  const found = await secrets?.readMetadata(target).catch((error: unknown) => {
    warning(`${describeSecret(target)} could not be read: ${explainError(error)}`)
    return 'unread' as const
  })
  if (found === undefined) return 'own'
  if (found === 'unread' || found.updatedAt === undefined) return 'unclear'
  if (updatedAt !== undefined) return found.updatedAt === updatedAt ? 'own' : 'other'
  // The main step was killed before it knew the mark of its own write.
  if (quietMs - (found.ageMs ?? Infinity) > LONGEST_WRITE_MS) return 'other'
  return existed || found.isFirst ? 'own' : 'unclear'
}

/** A create that was cut off may still be carried out: the pauses before each look, in milliseconds. */
const LOOKS_AFTER_A_CRASH = [0, 2_000]

/** Why keys may still be active, and which; without an ID, whether there is one could not be determined. */
type Problem = readonly [why: string, ids: readonly string[]]

const named = (problems: readonly Problem[]) => problems.filter(([, ids]) => ids.length > 0)

/**
 * Looks for keys that a create request may have left behind, and revokes this step's own. Returns why keys may still be
 * active, naming them, and whether one may yet appear. Never throws.
 */
export async function recoverStrayKeys(
  record: TransactionRecord,
  ports: StrayPorts & { readonly clock: Clock },
) {
  const wasCutOff = record.phase === 'intent'
  // What a later look learns replaces what one before it could not, but a key that was named stays so until it is revoked.
  let problems: readonly Problem[] = []
  let revoked = 0
  for (const pause of wasCutOff ? LOOKS_AFTER_A_CRASH : [0]) {
    try {
      await ports.clock.sleep(pause)
      const count = await revokeStrayKeys(record, ports)
      revoked += count
      problems = count > 0 ? [] : named(problems)
    } catch (error) {
      const why = explainError(error)
      if (error instanceof StrayKeysError) {
        const isNamedAgain = (id: string) => error.keyIds.includes(id)
        const others = named(problems).filter(([, ids]) => !ids.every(isNamedAgain))
        problems = [...others, [why, error.keyIds]]
      } else {
        const unclear = `The create request may have created a Management Key with the label "${record.request.label}", and the action could not determine whether it did: ${why}. Check the Junction Dashboard`
        problems = [...named(problems), [unclear, []]]
      }
    }
  }
  const mayAppear = wasCutOff && problems.length === 0 && revoked === 0
  return { problems, mayAppear }
}
