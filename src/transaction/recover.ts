import type { Clock } from '../core/clock.js'
import { explainError, StrayKeysError } from '../core/errors.js'
import { describeSecret, listFailures } from '../core/secret-target.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { Journal } from './journal.js'
import type { SecretRecord, TransactionRecord } from './record.js'
import { groupFailures } from './revoke-all.js'
import { revokeStrayKeys, type StrayPorts } from './stray-keys.js'
import { isWritten, type TakeBackPorts, type TakenBack, takeBackSecrets } from './take-back.js'

/** What becomes of the key that a record names. */
export type KeyPlan =
  /** `leave`: it stays active, as the inputs want it; `keep`: whatever they want, since secrets contain it. */
  | { readonly kind: 'leave' | 'keep'; readonly keyId: string }
  | { readonly kind: 'revoke'; readonly keyId: string; readonly why: string }

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
  if (!isDelivered(record))
    return { kind: 'revoke', keyId, why: 'the main step ended before the key was delivered' }
  const hasFailed = jobStatus !== '' && jobStatus !== 'success'
  if (revoke === 'never' || (revoke === 'on_failure' && !hasFailed)) return { kind: 'leave', keyId }
  const end = revoke === 'on_failure' ? ` and the job ended as ${jobStatus}` : ''
  return { kind: 'revoke', keyId, why: `revoke is ${revoke}${end}` }
}

/** What became of the secrets that contain a key which is to be revoked. */
export interface ReleasedSecrets extends TakenBack {
  /** They were there before, and keep the revoked key. */
  readonly overwritten: readonly SecretRecord[]
  /** Another step or another run has written them since: they contain its key. */
  readonly foreign: readonly SecretRecord[]
}

/**
 * Deletes the secrets that contain a key before it is revoked; while one of `holding` does, it must stay active. What a
 * delivered key overwrote does not hold it. Without a token, `secrets` is `undefined`, and every secret holds it.
 */
export async function releaseSecrets(
  record: TransactionRecord,
  secrets: GitHubSecrets | undefined,
  journal: Pick<Journal, 'isOverwritten' | 'quietMs'>,
  ports: TakeBackPorts,
): Promise<ReleasedSecrets> {
  const unread: string[] = []
  const find = (one: SecretRecord) =>
    findWriter(one, secrets, journal, (reason) => unread.push(`${describeSecret(one)}: ${reason}`))
  const written = record.secrets.filter(isWritten)
  const writers = await Promise.all(written.map(find))
  if (unread.length > 0) ports.warning(listFailures('could not be read', unread))
  const select = (wanted: Writer) => written.filter((_one, index) => writers[index] === wanted)
  const [own, foreign] = [select('own'), select('other')]
  // What may be another's is left alone as one that was there before, and the key with it.
  const unclear = select('unclear').map((one) => ({ ...one, existed: true }))
  const overwritten = own.filter(({ existed }) => existed)
  if (!isDelivered(record) || secrets === undefined) {
    const undone = await takeBackSecrets(secrets, [...own, ...unclear], ports)
    return { ...undone, overwritten, foreign }
  }
  const created = own.filter(({ existed }) => !existed)
  const { deleted, holding } = await takeBackSecrets(secrets, created, ports)
  return { deleted, holding: [...holding, ...unclear], overwritten, foreign }
}

/** More than all attempts to write a secret take, in milliseconds: four at the longest timeout, with their pauses. */
const LONGEST_WRITE_MS = 50 * 60_000

type Writer = 'own' | 'other' | 'unclear'

/**
 * Who wrote a secret last, by the journal and by GitHub's marks. One that is gone is nobody else's; `note` gets why it
 * could not be read.
 */
async function findWriter(
  { updatedAt, existed, ...target }: SecretRecord,
  secrets: GitHubSecrets | undefined,
  journal: Pick<Journal, 'isOverwritten' | 'quietMs'>,
  note: (reason: string) => void,
): Promise<Writer> {
  if (journal.isOverwritten(target)) return 'other'
  const found = await secrets?.readMetadata(target).catch((error: unknown) => {
    note(explainError(error))
    return 'unread' as const
  })
  if (found === undefined) return 'own'
  if (found === 'unread' || found.updatedAt === undefined) return 'unclear'
  if (updatedAt !== undefined) return found.updatedAt === updatedAt ? 'own' : 'other'
  // The main step was killed before it knew the mark of its own write.
  if (journal.quietMs - (found.ageMs ?? Infinity) > LONGEST_WRITE_MS) return 'other'
  return existed || found.isFirst ? 'own' : 'unclear'
}

/** A create that was cut off may still be carried out: the pauses before each look, in milliseconds. */
const LOOKS_AFTER_A_CRASH = [0, 2_000]

/**
 * Looks for keys that a create request may have left behind, and revokes this step's own. Returns why keys may still be
 * active, naming them, and whether one may yet appear. Never throws.
 */
export async function recoverStrayKeys(
  record: TransactionRecord,
  ports: StrayPorts & { readonly clock: Clock },
) {
  const wasCutOff = record.phase === 'intent'
  /** Why a key may still be active, by its ID: only a revocation ends what was named once. */
  const named = new Map<string, string>()
  let unclear = ''
  let hasRevoked = false
  for (const pause of wasCutOff ? LOOKS_AFTER_A_CRASH : [0]) {
    const { revoked, ids, why } = await look(pause, record, ports)
    for (const id of revoked) named.delete(id)
    for (const id of ids) named.set(id, why)
    unclear = ids.length === 0 ? why : ''
    hasRevoked ||= revoked.length > 0
  }
  const problems = groupFailures([...named].map(([id, reason]) => ({ id, reason })))
  if (unclear !== '') problems.push({ reason: unclear, ids: [] })
  return { problems, mayAppear: wasCutOff && problems.length === 0 && !hasRevoked }
}

async function look(
  pause: number,
  record: TransactionRecord,
  ports: StrayPorts & { readonly clock: Clock },
): Promise<{ revoked: readonly string[]; ids: readonly string[]; why: string }> {
  try {
    await ports.clock.sleep(pause)
    return { revoked: await revokeStrayKeys(record, ports), ids: [], why: '' }
  } catch (error) {
    const why = explainError(error)
    if (error instanceof StrayKeysError) return { revoked: [], ids: error.keyIds, why }
    const unclear = `The create request may have created a Management Key with the label "${record.request.label}", and the action could not determine whether it did: ${why}. Check the Junction Dashboard`
    return { revoked: [], ids: [], why: unclear }
  }
}
