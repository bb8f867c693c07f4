import { describe, expect, test } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { expectWarning, messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { listWrites } from '../support/requests.js'
import { SECRET, withAction } from '../support/scenario.js'
import { lineOf, pathOf, type Store, TARGETS } from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'
import { withStepFiles } from '../support/step-files.js'

const KEY_PATH = '/management_key/'

/** Whether GitHub got the request that writes the secret of one store. */
function isWriting({ requests }: Sandbox, store: Store): boolean {
  return requests.some(({ method, path }) => method === 'PUT' && path === `/github${pathOf(store)}`)
}

/** Expects that no new secret contains a revoked key, and that a warning names the active key. */
function expectNamedAndActive(
  cleaned: RunResult,
  sandbox: Sandbox,
  holdings: readonly string[],
): void {
  expect(listSecrets(sandbox)).toEqual(holdings)
  expect(sandbox.activeKeys()).toHaveLength(1)
  expect(messagesOf(cleaned, 'warning')).toContainEqual(
    expect.stringContaining(`Management Key ${sandbox.activeKeys()[0]?.id} was left active`),
  )
}

describe('revoke', () => {
  for (const [revoke, status] of [
    ['always', 'success'],
    ['on_failure', 'failure'],
    ['on_failure', 'cancelled'],
  ] as const) {
    test.concurrent(`${revoke}, after a job that ended as ${status}: secrets are deleted before the key is revoked`, () =>
      withAction('. with secrets', async ({ main, post, sandbox }) => {
        const result = await main({ secret_targets: 'repo\napp=agents' })
        expect(outcomeOf(result)).toEqual(SUCCESS)
        const before = sandbox.requests.length
        const cleaned = await post(result, { revoke, job_status: status })
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        expect(listSecrets(sandbox)).toEqual([])
        expect(sandbox.activeKeys()).toEqual([])
        // Each is read first: is it still this step's own? They are deleted side by side.
        const deletes = sandbox.requests.slice(before).filter(({ method }) => method === 'DELETE')
        const paths = deletes.map(({ path }) => path)
        expect(paths.pop()).toContain(`${KEY_PATH}${result.outputs['key_id']}`)
        expect(paths.sort()).toEqual([`/github${pathOf('actions')}`, `/github${pathOf('agents')}`])
        expect(cleaned.stdout).toContain(`Deleted ${SECRET} in repo=octo-org/example app=agents`)
      }))
  }

  test.concurrent('on_failure changes nothing when the job succeeded', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main()
      const before = sandbox.requests.length
      const cleaned = await post(result, { revoke: 'on_failure', job_status: 'success' })
      expect(cleaned.exitCode).toBe(0)
      expect(sandbox.requests).toHaveLength(before)
      expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
    }))

  test.concurrent('always warns about a secret that existed before, and never deletes it', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      addOldSecret(sandbox, { store: 'agents' })
      const result = await main({ secret_targets: 'repo\napp=agents' })
      const cleaned = await post(result, { revoke: 'always' })
      expect(cleaned.exitCode).toBe(0)
      expect(listSecrets(sandbox)).toEqual([lineOf('agents', 'revoked')])
      expect(sandbox.activeKeys()).toEqual([])
      const warning = messagesOf(cleaned, 'warning').join('\n')
      expect(warning).toBe(
        `Revoking Management Key ${result.outputs['key_id']}, which remains in ${SECRET} in repo=octo-org/example app=agents: the earlier value, which the main step overwrote, cannot be restored`,
      )
      expect(listWrites(sandbox).filter((write) => write.startsWith('DELETE'))).toEqual([
        `DELETE ${pathOf('actions')} 204`,
      ])
    }))

  test.concurrent('always leaves a secret that another run has written since, and revokes its own key', () => {
    let ahead = 0
    const now = () => new Date(Date.now() + ahead)
    return withAction(
      '. with secrets',
      async ({ main, post, sandbox }) => {
        const result = await main({ secret_targets: 'repo\napp=agents', revoke: 'always' })
        ahead = 3_600_000
        addOldSecret(sandbox, { store: 'agents' })
        const cleaned = await post(result, { revoke: 'always' })
        expect(cleaned.exitCode).toBe(0)
        expect(listSecrets(sandbox)).toEqual([lineOf('agents', OLD_VALUE)])
        expect(sandbox.activeKeys()).toEqual([])
        expect(messagesOf(cleaned, 'warning')).toEqual([
          expect.stringMatching(/^Did not delete .* app=agents: another step or another run/),
        ])
      },
      { now },
    )
  })

  test.concurrent('always leaves a secret that a later step of the job has written', () =>
    withAction('. with secrets', ({ main, post, sandbox }) =>
      withStepFiles(async ({ overrides: { RUNNER_TEMP } }) => {
        const stepOf = (action: string) => ({
          overrides: { RUNNER_TEMP },
          context: { github: { action } },
        })
        const first = await main({ label: 'first', revoke: 'always' }, stepOf('first'))
        const second = await main({ label: 'second' }, stepOf('second'))
        const cleaned = await post(first, { label: 'first', revoke: 'always' }, stepOf('first'))
        expect(cleaned.exitCode).toBe(0)
        expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
        expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([second.outputs['key_id']])
      }),
    ))

  test.concurrent('always accepts secrets and keys that are already gone', () =>
    withAction('. with secrets', async ({ main, post }) => {
      const result = await main()
      await post(result, { revoke: 'always' })
      const again = await post(result, { revoke: 'always' })
      expect([again.exitCode, again.annotations]).toEqual([0, []])
    }))
})

describe('a post step that fails to', () => {
  test.concurrent('delete without a token warns, names the secret, and does not fail', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main({ secret_targets: 'repo\napp=agents' })
      const cleaned = await post(result, { revoke: 'always', github_token: '' })
      expect(cleaned.exitCode).toBe(0)
      const warning = messagesOf(cleaned, 'warning').join('\n')
      expect(warning).toContain('github_token is empty in the post step')
      expect(warning).toContain(
        `was left active because it is still in ${SECRET} in repo=octo-org/example and ${SECRET} in repo=octo-org/example app=agents, which could not be deleted`,
      )
      expect(listWrites(sandbox).some((write) => write.startsWith('DELETE'))).toBe(false)
      expectNamedAndActive(cleaned, sandbox, [
        lineOf('agents', 'active'),
        lineOf('actions', 'active'),
      ])
    }))

  test.concurrent('delete without permission warns with the reason, and does not fail', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main({ secret_targets: 'repo\napp=agents' })
      sandbox.github.withhold({ method: 'DELETE', path: '/actions/secrets/' })
      const cleaned = await post(result, { revoke: 'always' })
      expect(cleaned.exitCode).toBe(0)
      expect(cleaned.outcome).toBe('success')
      const warning = messagesOf(cleaned, 'warning').join('\n')
      expect(warning).toContain(`${SECRET} in repo=octo-org/example could not be`)
      expect(warning).toContain('GitHub returned 403')
      expectNamedAndActive(cleaned, sandbox, [lineOf('actions', 'active')])
    }))

  test.concurrent('revoke names the key, and does not fail', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main()
      sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path: KEY_PATH })
      const cleaned = await post(result, { revoke: 'always' })
      expectWarning(cleaned, `${result.outputs['key_id']}`)
      expect(sandbox.activeKeys()).toHaveLength(1)
      expect(listSecrets(sandbox)).toEqual([])
    }))
})

describe('a main step that was killed', () => {
  for (const when of ['before', 'work'] as const) {
    test.concurrent(`while it wrote the second of three new secrets (${when}): all are deleted, the key revoked`, () =>
      withAction('. with secrets', async ({ mainKilledWhen, post, sandbox }) => {
        sandbox.misbehave({ kind: 'hold', when, method: 'PUT', path: pathOf('dependabot') })
        const killed = await mainKilledWhen(
          () =>
            isWriting(sandbox, 'dependabot') &&
            listSecrets(sandbox).length === (when === 'work' ? 3 : 2),
          { secret_targets: TARGETS },
        )
        expect(sandbox.activeKeys()).toHaveLength(1)
        expect(listSecrets(sandbox)).toHaveLength(when === 'work' ? 3 : 2)

        const cleaned = await post(killed, { job_status: 'failure' })
        expect(cleaned.exitCode).toBe(0)
        expect(listSecrets(sandbox)).toEqual([])
        expect(sandbox.activeKeys()).toEqual([])
        const deletes = sandbox.requests.filter(({ method }) => method === 'DELETE')
        expect(deletes.at(-1)?.path).toContain(KEY_PATH)
      }))
  }

  test.concurrent('after it overwrote a secret: the key stays and is named', () =>
    withAction('. with secrets', async ({ mainKilledWhen, post, sandbox }) => {
      addOldSecret(sandbox, { store: 'dependabot' })
      addOldSecret(sandbox, { store: 'agents' })
      sandbox.misbehave({ kind: 'hold', method: 'PUT', path: pathOf('agents') })
      const killed = await mainKilledWhen(() => isWriting(sandbox, 'agents'), {
        secret_targets: TARGETS,
      })
      const cleaned = await post(killed, { job_status: 'failure' })
      expectWarning(cleaned, `${SECRET} in repo=octo-org/example app=dependabot`)
      expectNamedAndActive(cleaned, sandbox, [
        lineOf('agents', OLD_VALUE),
        lineOf('dependabot', 'active'),
        lineOf('actions', 'active'),
      ])
    }))

  test.concurrent('and a post step without a token: the key stays and is named', () =>
    withAction('. with secrets', async ({ mainKilledWhen, post, sandbox }) => {
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'PUT' })
      const killed = await mainKilledWhen(() => listSecrets(sandbox).length === 1)
      const cleaned = await post(killed, { github_token: '' })
      expect(cleaned.exitCode).toBe(0)
      expectNamedAndActive(cleaned, sandbox, [lineOf('actions', 'active')])
    }))

  test.concurrent('and secrets that cannot be deleted: the key stays and is named', () =>
    withAction('. with secrets', async ({ mainKilledWhen, post, sandbox }) => {
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'PUT' })
      const killed = await mainKilledWhen(() => listSecrets(sandbox).length === 1)
      sandbox.github.withhold({ method: 'DELETE', path: '/secrets/' })
      const cleaned = await post(killed, { revoke: 'always' })
      expect(cleaned.exitCode).toBe(0)
      expectNamedAndActive(cleaned, sandbox, [lineOf('actions', 'active')])
    }))
})
