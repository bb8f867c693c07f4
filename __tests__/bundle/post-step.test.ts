import { describe, expect } from '@jest/globals'
import { expectWarning } from '../support/messages.js'
import { OWN_LABEL, testAction, testExtended } from '../support/scenario.js'
import { forgeRecord, withStepFiles } from '../support/step-files.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'

const test = testAction('.')

describe('the post step', () => {
  test.each([
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
    async (scenario, [revoke, status, lives]) => {
      const { main, clean, sandbox } = scenario
      const created = await main({ revoke })
      expect(sandbox.activeKeys()).toHaveLength(1)
      await clean(created, { revoke }, { context: { job: { status } } })
      expect(sandbox.activeKeys()).toHaveLength(lives ? 1 : 0)
      expect(sandbox.requests).toHaveLength(lives ? 1 : 2)
    },
  )

  test('succeeds when the key is already revoked', async ({ main, post, clean, sandbox }) => {
    const created = await main()
    await post(created, { revoke: 'always' })
    await clean(created, { revoke: 'always' })
    expect(sandbox.requests.slice(-2)).toMatchObject([
      { method: 'DELETE', status: 404 },
      { method: 'GET', status: 200 },
    ])
  })

  test('quotes the service when it rejects the request', async ({ main, post, sandbox }) => {
    const created = await main()
    const body = { detail: 'Key is under legal hold' }
    sandbox.misbehave({ kind: 'status', status: 409, body, method: 'DELETE' })
    const cleaned = await post(created, { revoke: 'always' })
    expectWarning(cleaned, new RegExp(`${created.outputs['key_id']}.*409.*Key is under legal hold`))
  })

  test('has nothing to do when main saved no intent', async ({ clean, sandbox }) => {
    await clean({ state: {} }, { revoke: 'always' })
    expect(sandbox.requests).toEqual([])
  })

  test('sends no request when the create request was rejected', async ({
    main,
    clean,
    sandbox,
  }) => {
    sandbox.misbehave({ kind: 'status', status: 403, method: 'POST' })
    const created = await main({ revoke: 'always' })
    expect(created.exitCode).toBe(1)
    await clean(created, { revoke: 'always' })
    expect(sandbox.activeKeys()).toEqual([])
  })

  test.each(['not JSON', '[]', '{}', 'null', '{"phase":"delivered"}', '{"phase":"in'])(
    'warns when the state is %s',
    async (scenario, transaction) => {
      const { post, sandbox } = scenario
      const cleaned = await post({ state: { transaction } }, { revoke: 'always' })
      expectWarning(cleaned, 'Could not read the state')
      expect(sandbox.requests).toEqual([])
    },
  )

  test('names the key when org_key is empty', async ({ main, post, sandbox }) => {
    const created = await main()
    const cleaned = await post(created, { revoke: 'always', org_key: '' })
    expectWarning(cleaned, new RegExp(`${created.outputs['key_id']}.*org_key is empty`))
    expect(findUnreportedKeys(sandbox, [cleaned])).toEqual([])
  })

  test('needs no team_id and no label: the state has them', async ({ main, clean, sandbox }) => {
    const created = await main()
    const spoilt = { team_id: '', label: '', env_name: '?' }
    await clean(created, { ...spoilt, revoke: 'always' })
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('needs no file of the runner', async ({ main, clean, sandbox }) => {
    const created = await main()
    const overrides = {
      GITHUB_OUTPUT: undefined,
      GITHUB_STATE: undefined,
      GITHUB_ENV: undefined,
      GITHUB_STEP_SUMMARY: undefined,
      RUNNER_TEMP: undefined,
    }
    await clean(created, { revoke: 'always' }, { overrides })
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('warns where neither state nor notes say how the main step ended', async (scenario) => {
    const { state } = await scenario.main({ dry_run: 'true' })
    const overrides = { RUNNER_TEMP: undefined }
    const end = { job_status: 'cancelled' }
    const cleaned = await scenario.post({ state }, end, { overrides })
    expectWarning(
      cleaned,
      /^The main step was cut off, and its last note .* may have created a Manag/,
    )
    await scenario.clean({ state }, end)
    await scenario.clean({ state }, {}, { overrides })
  })

  test('warns of an interrupted create whose key has not appeared', async (scenario) => {
    const intent = { phase: 'intent', mayExist: false, keyId: undefined }
    const transaction = forgeRecord(scenario, intent)
    const cleaned = await scenario.post({ state: { transaction } })
    expectWarning(cleaned, 'no key with the label "preview-42" has appeared so far')
  })

  test('warns where revoke depends on a status that the runner does not give', async (scenario) => {
    const { main, post, sandbox } = scenario
    const inputs = { revoke: 'on_failure' }
    const cleaned = await post(await main(inputs), { ...inputs, job_status: '' })
    expectWarning(cleaned, 'the runner did not say how the job ended')
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  const testFiles = testExtended('.', withStepFiles)
  testFiles(
    'revokes what a failed step left and keeps what a later step delivered',
    async (scenario) => {
      const {
        main,
        clean,
        sandbox,
        addKey,
        overrides: { RUNNER_TEMP },
      } = scenario
      const label = OWN_LABEL
      const intent = { phase: 'intent', request: { label, teamIds: sandbox.teamIds.slice(0, 1) } }
      const transaction = forgeRecord(scenario, { ...intent, mayExist: false, keyId: undefined })
      const lost = addKey(label)
      // One folder for all steps of a job, as on a runner.
      const overrides = { RUNNER_TEMP }
      const later = await main({ label }, { overrides })
      await clean({ state: { transaction } }, { label }, { overrides })
      expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([later.outputs['key']])
      expect(sandbox.keys().find(({ id }) => id === lost)?.revokedAt).not.toBeNull()
    },
  )
})
