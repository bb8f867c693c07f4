import { expect } from '@jest/globals'
import { describeTogether } from '../support/describe-together.js'
import { messagesOf } from '../support/messages.js'
import { SECRET, withAction } from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

describeTogether('a key that a partial delivery left in a secret', (scenario) => {
  for (const [revoke, what] of Object.entries({
    never: 'stays active',
    always: 'was not revoked even though revoke is "always"',
    on_failure: 'was not revoked even though revoke is "on_failure"',
  })) {
    scenario(`stays active with revoke: ${revoke}, and post warns`, () =>
      withAction('. with secrets', async ({ main, post, sandbox }) => {
        addOldSecret(sandbox)
        addOldSecret(sandbox, { store: 'dependabot' })
        sandbox.misbehave({ kind: 'status', status: 403, method: 'PUT', path: '/dependabot/' })
        const half = await main({ secret_targets: 'repo\napp=dependabot', revoke })
        expect(half.exitCode).toBe(1)

        const cleaned = await post(half, { revoke, job_status: 'failure' })
        const [key] = sandbox.activeKeys()
        expect(cleaned.exitCode).toBe(0)
        expect(messagesOf(cleaned, 'warning')).toEqual([
          expect.stringContaining(
            `${key?.id} ${what}: the main step stored it, or may have stored it`,
          ),
        ])
        expect(listSecrets(sandbox)).toContain(`octo-org/example: ${SECRET} = active`)
      }),
    )
  }
})
