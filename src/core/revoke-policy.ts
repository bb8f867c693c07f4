/** When a delivered key is revoked at the end of the job. */
export const REVOKE_POLICIES = ['never', 'always', 'on_failure'] as const

export type RevokePolicy = (typeof REVOKE_POLICIES)[number]
