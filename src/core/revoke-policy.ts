/** When a delivered key is revoked at the end of the job. */
export const REVOKE_POLICIES = ['never', 'always', 'on_failure'] as const

/** A value of `REVOKE_POLICIES`. */
export type RevokePolicy = (typeof REVOKE_POLICIES)[number]
