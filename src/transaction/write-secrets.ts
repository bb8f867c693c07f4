import { ActionError, explainError, FailedRequestError } from '../core/errors.js'
import { describeSecret } from '../core/secret-target.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { SecretRecord } from './record.js'

/**
 * Writes a value to all targets, one after the other, so that the record is true at every moment: `save` gets the
 * status of every secret before and after each write.
 * Throws an `ActionError` at the first write that fails.
 */
export async function writeSecrets(
  secrets: GitHubSecrets,
  value: string,
  prepared: readonly PreparedSecret[],
  save: (records: readonly SecretRecord[]) => void,
): Promise<void> {
  let records = prepared.map(planRecord)
  const mark = (index: number, status: SecretRecord['status']) => {
    records = records.map((record, at) => (at === index ? { ...record, status } : record))
    save(records)
  }
  save(records)
  for (const [index, secret] of prepared.entries()) {
    mark(index, 'writing')
    try {
      mark(index, await secrets.write(secret, value))
    } catch (error) {
      if (error instanceof FailedRequestError && !error.mayHaveTakenEffect) mark(index, 'pending')
      const name = describeSecret(secret.target)
      throw new ActionError(`${name} could not be written: ${explainError(error)}`, {
        cause: error,
      })
    }
  }
}

function planRecord({ target, metadata }: PreparedSecret): SecretRecord {
  return {
    ...target,
    existed: metadata !== undefined,
    updatedAt: metadata?.updatedAt,
    status: 'pending',
  }
}
