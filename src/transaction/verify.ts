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

/** How long the service may take to know a new key, for all teams together, in milliseconds. */
const PATIENCE_MS = 30_000

/** The first pause, in milliseconds; each one that follows is twice as long. */
const FIRST_PAUSE_MS = 500

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
    const until = clock.uptime() + PATIENCE_MS
    let pause = FIRST_PAUSE_MS
    for (const teamId of teamIds) {
      while (!(await api.isAccepted(key.value, teamId))) {
        const left = until - clock.uptime()
        if (left <= 0)
          throw new ActionError('The Management API still returns 401 for it after 30 s')
        await clock.sleep(Math.min(pause, left))
        pause *= 2
      }
    }
  } catch (cause) {
    if (cause instanceof CancelledError) throw cause
    throw new ActionError(
      `Management Key ${key.id} could not be verified, so it was not written anywhere, and no previous key was revoked. ${explainError(cause)}`,
      { cause },
    )
  }
  info(`Verified that the Management API accepts Management Key ${key.id}`)
}
