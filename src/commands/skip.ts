import { ActionError } from '../core/errors.js'
import { describeSecret } from '../core/secret-target.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { ManagementKey } from '../junction/responses.js'

/**
 * Whether `if_exists: skip` has nothing left to do: a live key bears the label, and every target has the
 * secret. Throws an `ActionError` when only some have it, since a key's value cannot be read again.
 */
export function isInPlace(
  existing: readonly ManagementKey[],
  prepared: readonly PreparedSecret[],
  label: string,
): boolean {
  const lacking = prepared.filter(({ metadata }) => metadata === undefined)
  if (existing.length === 0 || lacking.length === prepared.length) return false
  if (lacking.length === 0) return true
  const names = lacking.map(({ target }) => `- ${describeSecret(target)}`).join('\n')
  const ids = existing.map(({ id }) => id).join(', ')
  throw new ActionError(
    `if_exists is skip, and a live Management Key bears the label "${label}" (${ids}), but these secrets are missing:\n${names}\nThe value of a key cannot be read again: set if_exists: replace once, to make a new key and write it everywhere`,
  )
}
