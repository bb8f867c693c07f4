import { readTimeout } from './api-inputs.js'
import { InputReader } from './input-reader.js'
import { parseChoice, parseOrgKey } from './input-values.js'

/** When the post step revokes a key that was delivered. */
export type RevokePolicy = 'never' | 'always' | 'on_failure'

/** Reads the `revoke` input. */
export const parseRevokePolicy = parseChoice(['never', 'always', 'on_failure'])

/** The inputs of the root action's post step; where the key belongs stands in the transaction. */
export interface CleanUpInputs {
  readonly orgKey: string
  readonly revoke: RevokePolicy
  /** `success`, `failure` or `cancelled`, as the runner says; `''` when it does not. */
  readonly jobStatus: string
  readonly timeoutMs: number
  /** `''` when not given. */
  readonly githubToken: string
}

/** Checks the few inputs the post step needs; throws an `InputError` like the main step does. */
export function parseCleanUpInputs(read: (name: string) => string): CleanUpInputs {
  const inputs = new InputReader(read)
  const orgKey = inputs.required('org_key', parseOrgKey)
  const revoke = inputs.optional('revoke', parseRevokePolicy, 'never')
  const timeoutMs = readTimeout(inputs)
  inputs.finish()
  return {
    orgKey: orgKey(),
    revoke: revoke(),
    jobStatus: inputs.text('job_status').trim().toLowerCase(),
    timeoutMs: timeoutMs(),
    githubToken: inputs.text('github_token').trim(),
  }
}
