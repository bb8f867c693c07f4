import { explainError } from '../core/errors.js'
import { mapAtMost } from '../core/map-at-most.js'
import type { ManagementApi, Revocation } from '../junction/client.js'

/** Revocations that run at the same time. */
const MOST_AT_ONCE = 6

/** Why nothing more was done after the runner canceled the step. */
export const NOT_TRIED = 'not tried: the step was canceled'

/** What became of a key that was to be revoked; `already gone`: the list shows that it was not active any more. */
export type Fate = Revocation | { readonly status: 'may still be active'; readonly reason: string }

export type KeyOutcome<Key> = Key & Fate

interface RevokePorts<Key> {
  readonly api: Pick<ManagementApi, 'revokeKey'>
  readonly info: (message: string) => void
  /** Names a key in the log, as in `Management Key …`. */
  readonly name: (key: Key) => string
  /** Once aborted, no other key is tried; those under way are finished. */
  readonly cancellation?: AbortSignal
}

/**
 * Revokes keys, all that it can, a few at the same time. Outcomes, and the lines of the log, have the order of the list.
 * Never throws.
 */
export async function revokeAll<Key extends { readonly id: string }>(
  keys: readonly Key[],
  ports: RevokePorts<Key>,
): Promise<readonly KeyOutcome<Key>[]> {
  const outcomes: KeyOutcome<Key>[] = []
  let shown = 0
  return mapAtMost(MOST_AT_ONCE, keys, async (key, index) => {
    const outcome = { ...key, ...(await revoke(key.id, ports)) }
    outcomes[index] = outcome
    for (let next = outcomes[shown]; next !== undefined; next = outcomes[shown]) {
      ports.info(`${OUTCOME_WORDS[next.status]} ${ports.name(next)}`)
      shown += 1
    }
    return outcome
  })
}

async function revoke(
  id: string,
  { api, cancellation }: Pick<RevokePorts<unknown>, 'api' | 'cancellation'>,
): Promise<Fate> {
  if (cancellation?.aborted) return { status: 'may still be active', reason: NOT_TRIED }
  try {
    return await api.revokeKey(id)
  } catch (error) {
    // Without the ID, keys that fail for the same reason share one line.
    const reason = explainError(error).replaceAll(`Management Key ${id}`, 'the key')
    return { status: 'may still be active', reason }
  }
}

/** How a line of the log begins; the error at the end says why keys could not be revoked, each reason once. */
const OUTCOME_WORDS: Readonly<Record<Fate['status'], string>> = {
  revoked: 'Revoked',
  'already gone': 'Found no active',
  'may still be active': 'Could not revoke',
}

/** A key; the reason, if there is one, says why it may still be active. */
interface ReasonedKey {
  readonly id: string
  readonly reason?: string
}

/** Groups the keys that may still be active by reason, in the order of the list. */
export function groupFailures(keys: readonly ReasonedKey[]) {
  const groups = new Map<string, string[]>()
  for (const { id, reason } of keys) {
    if (reason !== undefined) groups.set(reason, [...(groups.get(reason) ?? []), id])
  }
  return [...groups].map(([reason, ids]) => ({ reason, ids }))
}

/** Names the keys that may still be active as items of a message: each reason once, then the IDs. */
export function listFailedKeys(keys: readonly ReasonedKey[]): readonly string[] {
  return groupFailures(keys).flatMap(({ reason, ids: [first, ...others] }) => {
    if (others.length === 0) return [`\n- ${first}: ${reason}`]
    const head = `\n- ${others.length + 1} keys: ${reason}\n  ${first}`
    return [head, ...others.map((id) => `, ${id}`)]
  })
}

/** The IDs of the keys that are not active any more, whoever revoked them. */
export function listRevoked(
  keys: readonly { readonly id: string; readonly status: string }[],
): readonly string[] {
  const revoked = keys.filter(({ status }) => status === 'revoked' || status === 'already gone')
  return revoked.map(({ id }) => id)
}
