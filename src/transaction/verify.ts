import type { Clock } from '../core/clock.js'
import { ActionError, CancelledError, explainError } from '../core/errors.js'
import type { ManagementApi } from '../junction/client.js'
import type { NewManagementKey } from '../junction/responses.js'

/** What verifying a key needs from outside. */
export interface VerifyPorts {
  readonly api: Pick<ManagementApi, 'isAccepted'>
  readonly clock: Clock
  readonly info: (message: string) => void
}

/** Pauses while the service does not know the key yet, in milliseconds: 30 s for all teams together. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 14_500]

/**
 * Tries a new key on each of its teams, before anything depends on it. Throws an `ActionError` when the service does
 * not accept it, or does not say, and a `CancelledError` when the step is cancelled while it waits.
 */
export async function verifyKey(
  key: NewManagementKey,
  teamIds: readonly string[],
  { api, clock, info }: VerifyPorts,
): Promise<void> {
  try {
    const pauses = [...PAUSES_MS]
    for (const teamId of teamIds) {
      while (!(await api.isAccepted(key.value, teamId))) {
        const pause = pauses.shift()
        if (pause === undefined) {
          throw new ActionError('The Management API still answers 401 to it after 30 s')
        }
        await clock.sleep(pause)
      }
    }
  } catch (cause) {
    if (cause instanceof CancelledError) throw cause
    throw new ActionError(
      `Management Key ${key.id} could not be verified, so it was written nowhere and no previous key was revoked. ${explainError(cause)}`,
      { cause },
    )
  }
  info(`Verified that the Management API accepts Management Key ${key.id}`)
}
