import { describe, expect, test } from '@jest/globals'
import { expectWarning } from '../support/messages.js'
import { SECRET, withAction } from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

describe('a key that a partial delivery left in a secret', () => {
  for (const [revoke, what] of Object.entries({
    never: 'stays active',
    always: 'was not revoked even though revoke is "always"',
    on_failure: 'was not revoked even though revoke is "on_failure"',
  })) {
    test.concurrent(`stays active with revoke: ${revoke}, and post warns`, () =>
      withAction('. with secrets', async ({ main, post, sandbox }) => {
        addOldSecret(sandbox)
        addOldSecret(sandbox, { store: 'dependabot' })
        sandbox.misbehave({
          kind: 'status',
          status: 403,
          method: 'PUT',
          path: '/dependabot/',
          times: 9,
        })
        const half = await main({ secret_targets: 'repo\napp=dependabot', revoke })
        expect(half.exitCode).toBe(1)

        const cleaned = await post(half, { revoke, job_status: 'failure' })
        const [key] = sandbox.activeKeys()
        expectWarning(cleaned, `${key?.id} ${what}: the main step stored it, or may have stored it`)
        expect(listSecrets(sandbox)).toContain(`octo-org/example: ${SECRET} = active`)
      }))
  }
})
