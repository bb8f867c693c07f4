import { uptime } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import { expectWarning } from '../support/messages.js'
import { RUN_ID, withAction } from '../support/scenario.js'
import { withStepFiles } from '../support/step-files.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'

describe('the post step', () => {
  test.concurrent.each([
    ['never', 'success', true],
    ['never', 'failure', true],
    ['never', 'cancelled', true],
    ['always', 'success', false],
    ['always', 'failure', false],
    ['always', 'cancelled', false],
    ['on_failure', 'success', true],
    ['on_failure', 'failure', false],
    ['on_failure', 'cancelled', false],
  ])(
    'with revoke: %s after a job that ended as %s, leaves the key active: %s',
    (revoke, status, lives) =>
      withAction('.', async ({ main, post, sandbox }) => {
        const created = await main({ revoke })
        expect(sandbox.activeKeys()).toHaveLength(1)
        const cleaned = await post(created, { revoke }, { context: { job: { status } } })
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        expect(sandbox.activeKeys()).toHaveLength(lives ? 1 : 0)
        expect(sandbox.requests).toHaveLength(lives ? 1 : 2)
      }),
  )

  test.concurrent('succeeds when the key is already revoked', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const created = await main()
      await post(created, { revoke: 'always' })
      const again = await post(created, { revoke: 'always' })
      expect([again.exitCode, again.annotations]).toEqual([0, []])
      expect(sandbox.requests.slice(-2)).toMatchObject([
        { method: 'DELETE', status: 404 },
        { method: 'GET', status: 200 },
      ])
    }))

  test.concurrent('quotes the service when it rejects the request', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const created = await main()
      const body = { detail: 'Key is under legal hold' }
      sandbox.misbehave({ kind: 'status', status: 409, body, method: 'DELETE' })
      const cleaned = await post(created, { revoke: 'always' })
      expectWarning(
        cleaned,
        new RegExp(`${created.outputs['key_id']}.*409.*Key is under legal hold`),
      )
    }))

  test.concurrent('has nothing to do when main saved no intent', () =>
    withAction('.', async ({ post, sandbox }) => {
      const cleaned = await post({ state: {} }, { revoke: 'always' })
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('sends no request when the create request was rejected', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      sandbox.misbehave({ kind: 'status', status: 403, method: 'POST' })
      const created = await main({ revoke: 'always' })
      expect(created.exitCode).toBe(1)
      const cleaned = await post(created, { revoke: 'always' })
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent.each(['not JSON', '[]', '{}', 'null', '{"phase":"delivered"}', '{"phase":"in'])(
    'warns when the state is %s',
    (transaction) =>
      withAction('.', async ({ post, sandbox }) => {
        const cleaned = await post({ state: { transaction } }, { revoke: 'always' })
        expectWarning(cleaned, 'Could not read the state')
        expect(sandbox.requests).toEqual([])
      }),
  )

  test.concurrent('names the key when org_key is empty', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const created = await main()
      const cleaned = await post(created, { revoke: 'always', org_key: '' })
      expectWarning(cleaned, new RegExp(`${created.outputs['key_id']}.*org_key is empty`))
      expect(findUnreportedKeys(sandbox, [cleaned])).toEqual([])
    }))

  test.concurrent('needs neither team_id nor label: they are in the state', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const created = await main()
      const spoilt = { team_id: '', label: '', env_name: '?' }
      const cleaned = await post(created, { ...spoilt, revoke: 'always' })
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('needs no file of the runner', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const created = await main()
      const overrides = {
        GITHUB_OUTPUT: undefined,
        GITHUB_STATE: undefined,
        GITHUB_ENV: undefined,
        GITHUB_STEP_SUMMARY: undefined,
        RUNNER_TEMP: undefined,
      }
      const cleaned = await post(created, { revoke: 'always' }, { overrides })
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('revokes what a failed step left and keeps what a later step delivered', () =>
    withAction('.', async ({ main, post, sandbox, inputs, addKey }) => {
      const label = `preview-${RUN_ID}`
      const began = uptime() * 1000
      const intent = {
        phase: 'intent',
        revision: 1,
        revoke: 'never',
        previousIds: [],
        apiUrl: sandbox.managementUrl,
        orgId: sandbox.orgId,
        request: { label, teamIds: [inputs['team_id']] },
        ownsLabel: true,
        began,
        knownIds: [],
        mayExist: false,
        githubApiUrl: '',
        secrets: [],
      }
      const lost = addKey(label)
      await withStepFiles(async ({ overrides: { RUNNER_TEMP } }) => {
        // One folder for all steps of a job, as on a runner.
        const overrides = { RUNNER_TEMP }
        const later = await main({ label }, { overrides })
        const state = { transaction: JSON.stringify(intent) }
        const cleaned = await post({ state }, { label }, { overrides })
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([later.outputs['key']])
        expect(sandbox.keys().find(({ id }) => id === lost)?.revokedAt).not.toBeNull()
      })
    }))
})
