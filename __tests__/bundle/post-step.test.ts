import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { expectWarning, findUnreportedKeys, messagesOf } from '../support/messages.js'
import { listWrites } from '../support/requests.js'
import { OWN_LABEL, type Scenario, SECRET, testAction, testExtended } from '../support/scenario.js'
import { pathOf, readStores, STORES, type Store, TARGETS } from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'
import { forgeRecord, withStepFiles } from '../support/step-files.js'

const test = testAction('.')
const testSecrets = testAction('. with secrets')

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

const KEY_PATH = '/management_key/'

/** Expects that no new secret contains a revoked key, and that a warning names the active key. */
function expectNamedAndActive(cleaned: RunResult, sandbox: Sandbox, stores: readonly string[]) {
  expect(readStores(sandbox)).toEqual(stores)
  expect(cleaned.exitCode).toBe(0)
  expect(sandbox.activeKeys()).toHaveLength(1)
  expect(messagesOf(cleaned, 'warning')).toContainEqual(
    expect.stringContaining(`Management Key ${sandbox.activeKeys()[0]?.id} was left active`),
  )
}

describe('revoke', () => {
  testSecrets.each([
    ['always', 'success'],
    ['on_failure', 'failure'],
    ['on_failure', 'cancelled'],
  ])(
    '%s, after a job that ended as %s: deletes the secrets, then the key',
    async (scenario, row) => {
      const { succeed, clean, sandbox } = scenario
      const [revoke, job_status] = row
      const result = await succeed({ secret_targets: 'repo\napp=agents' })
      const cleaned = await clean(result, { revoke, job_status })
      expect(listSecrets(sandbox)).toEqual([])
      expect(sandbox.activeKeys()).toEqual([])
      // Each is read first: is it still this step's own? They are deleted side by side.
      const deletes = sandbox.requests.filter(({ method }) => method === 'DELETE')
      const paths = deletes.map(({ path }) => path)
      expect(paths.pop()).toContain(`${KEY_PATH}${result.outputs['key_id']}`)
      expect(paths.sort()).toEqual([`/github${pathOf('actions')}`, `/github${pathOf('agents')}`])
      expect(cleaned.stdout).toContain(`Deleted ${SECRET} in repo=octo-org/example app=agents`)
    },
  )

  testSecrets(
    'leaves a secret that another run has written since main was killed',
    async (scenario) => {
      const { sandbox, mainKilledWhen, post } = scenario
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'PUT' })
      const killed = await mainKilledWhen(() => sandbox.github.secrets().length > 0)
      const [owner = '', repo = ''] = sandbox.repository.split('/')
      const { key: value } = sandbox.addKey({ label: 'other', teamIds: sandbox.teamIds })
      const updatedAt = new Date(Date.now() + 2_000).toISOString()
      sandbox.github.addSecret({ owner, repo, name: SECRET, value, updatedAt })
      const id = sandbox.keys()[0]?.id
      expectWarning(
        await post(killed),
        new RegExp(`${id} was left active because it is, or may be`),
      )
      expect(sandbox.github.secrets().map((secret) => secret.value)).toEqual([value])
    },
  )

  testSecrets('always warns about an old secret, and never deletes it', async (scenario) => {
    const { main, post, sandbox } = scenario
    addOldSecret(sandbox, { store: 'agents' })
    const result = await main({ secret_targets: 'repo\napp=agents' })
    const cleaned = await post(result, { revoke: 'always' })
    expect(readStores(sandbox)).toEqual(['none', 'none', 'revoked'])
    expect(sandbox.activeKeys()).toEqual([])
    expectWarning(
      cleaned,
      `Revoking Management Key ${result.outputs['key_id']}, which remains in ${SECRET} in repo=octo-org/example app=agents: the earlier value, which the main step overwrote, cannot be restored`,
    )
    expect(listWrites(sandbox).filter((write) => write.startsWith('DELETE'))).toEqual([
      `DELETE ${pathOf('actions')} 204`,
    ])
  })

  let ahead = 0
  testSecrets(
    'always leaves a secret that another run has written since, and revokes its own key',
    async ({ main, post, sandbox }) => {
      const result = await main({ secret_targets: 'repo\napp=agents', revoke: 'always' })
      ahead = 3_600_000
      addOldSecret(sandbox, { store: 'agents' })
      const cleaned = await post(result, { revoke: 'always' })
      expectWarning(cleaned, /^Did not delete .* app=agents: another step or another run/)
      expect(readStores(sandbox)).toEqual(['none', 'none', OLD_VALUE])
      expect(sandbox.activeKeys()).toEqual([])
    },
    { now: () => new Date(Date.now() + ahead) },
  )

  testExtended('. with secrets', withStepFiles)(
    'always leaves a secret that a later step of the job has written',
    async ({ main, post, sandbox, overrides: { RUNNER_TEMP } }) => {
      const stepOf = (action: string) => ({
        overrides: { RUNNER_TEMP },
        context: { github: { action } },
      })
      const first = await main({ label: 'first', revoke: 'always' }, stepOf('first'))
      const second = await main({ label: 'second' }, stepOf('second'))
      const cleaned = await post(first, { label: 'first', revoke: 'always' }, stepOf('first'))
      expect(cleaned.exitCode).toBe(0)
      expect(readStores(sandbox)).toEqual(['active', 'none', 'none'])
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([second.outputs['key_id']])
    },
  )

  testExtended('. with secrets', withStepFiles)(
    'never needs no warning of a key in a secret, even where the state is lost',
    async ({ succeed, clean, overrides: { RUNNER_TEMP } }) => {
      await succeed({}, { overrides: { RUNNER_TEMP } })
      const cleaned = await clean({ state: {} }, {}, { overrides: { RUNNER_TEMP } })
      expect(cleaned.shown.at(-1)).toMatch(/^Left Management Key /)
    },
  )

  testSecrets(
    'always deletes a secret whose mark could not be read after its write',
    async (scenario) => {
      const { succeed, clean, sandbox } = scenario
      // Once before the write, then after it.
      const path = pathOf('actions')
      sandbox.misbehave({ kind: 'status', status: 410, method: 'GET', path, skip: 1 })
      await clean(await succeed({ revoke: 'always' }), { revoke: 'always' })
      expect([listSecrets(sandbox), sandbox.activeKeys()]).toEqual([[], []])
    },
  )

  testSecrets(
    'always accepts secrets and keys that are already gone',
    async ({ main, post, clean }) => {
      const result = await main()
      await post(result, { revoke: 'always' })
      await clean(result, { revoke: 'always' })
    },
  )
})

describe('a post step that fails to', () => {
  testSecrets(
    'delete without a token warns and names the secret',
    async ({ main, post, sandbox }) => {
      const result = await main({ secret_targets: 'repo\napp=agents' })
      const cleaned = await post(result, { revoke: 'always', github_token: '' })
      expect(messagesOf(cleaned, 'warning')).toEqual([
        expect.stringContaining('github_token is empty in the post step'),
        expect.stringContaining(
          `was left active because it is, or may be, in ${SECRET} in repo=octo-org/example and ${SECRET} in repo=octo-org/example app=agents, which could not be deleted`,
        ),
      ])
      expect(listWrites(sandbox).some((write) => write.startsWith('DELETE'))).toBe(false)
      expectNamedAndActive(cleaned, sandbox, ['active', 'none', 'active'])
    },
  )

  testSecrets(
    'delete without permission warns with the reason',
    async ({ main, post, sandbox }) => {
      const result = await main({ secret_targets: 'repo\napp=agents' })
      sandbox.github.withhold({ method: 'DELETE', path: '/actions/secrets/' })
      const cleaned = await post(result, { revoke: 'always' })
      expect(messagesOf(cleaned, 'warning')[0]).toContain(
        `A secret could not be deleted:\n- ${SECRET} in repo=octo-org/example: GitHub returned 403`,
      )
      expectNamedAndActive(cleaned, sandbox, ['active', 'none', 'none'])
    },
  )

  testSecrets(
    'reach GitHub, since a later step has set a proxy that cannot be used, names the key',
    async ({ succeed, post }) => {
      const result = await succeed({ revoke: 'always' })
      const there = { revoke: 'always', github_api_url: 'https://github.example/api/v3' }
      const transaction = JSON.stringify({
        ...JSON.parse(result.state['transaction'] ?? ''),
        githubApiUrl: there.github_api_url,
      })
      const env = { HTTPS_PROXY: 'proxy.example:port' }
      const cleaned = await post({ state: { ...result.state, transaction } }, there, { env })
      expect(messagesOf(cleaned, 'warning')).toEqual([
        expect.stringContaining('HTTPS_PROXY is not a valid proxy URL'),
        expect.stringContaining(`Management Key ${result.outputs['key_id']} was left active`),
      ])
    },
  )

  testSecrets(
    'read many secrets leaves room for the warning that names the key',
    async (scenario) => {
      const { succeed, post, sandbox } = scenario
      const targets = Array.from({ length: 11 }, (_, index) => `repo name=KEY_${index}`)
      const result = await succeed({ secret_targets: targets.join('\n') })
      sandbox.github.withhold({ method: 'GET', path: '/actions/secrets/KEY' })
      const warnings = messagesOf(await post(result, { revoke: 'always' }), 'warning')
      expect(warnings).toEqual([
        expect.stringContaining('11 secrets could not be read:\n- KEY_'),
        expect.stringContaining(`Management Key ${result.outputs['key_id']} was left active`),
      ])
    },
  )
})

describe('a main step that was killed', () => {
  /** Kills it while it writes the secret of a store: that is still to be done, or only the response is missing. */
  const killAt = ({ mainKilledWhen, sandbox }: Scenario, store: Store, when: 'before' | 'work') => {
    sandbox.misbehave({ kind: 'hold', when, method: 'PUT', path: pathOf(store) })
    const others = STORES.filter((one) => one !== store)
    const isTime = () => {
      const written = readStores(sandbox).map((content) => content === 'active')
      return (
        others.every((one) => written[STORES.indexOf(one)]) &&
        written[STORES.indexOf(store)] === (when === 'work') &&
        listWrites(sandbox).some((write) => write.startsWith(`PUT ${pathOf(store)}`))
      )
    }
    return mainKilledWhen(isTime, { secret_targets: TARGETS })
  }

  testSecrets.each(['before', 'work'] as const)(
    'while it wrote the second of three new secrets (%s): all are deleted, the key revoked',
    async (scenario, when) => {
      const { post, sandbox } = scenario
      const killed = await killAt(scenario, 'dependabot', when)
      expect(sandbox.activeKeys()).toHaveLength(1)

      const cleaned = await post(killed, { job_status: 'failure' })
      expect(cleaned.exitCode).toBe(0)
      expect(listSecrets(sandbox)).toEqual([])
      expect(sandbox.activeKeys()).toEqual([])
      const deletes = sandbox.requests.filter(({ method }) => method === 'DELETE')
      expect(deletes.at(-1)?.path).toContain(KEY_PATH)
    },
  )

  testSecrets('after it overwrote a secret: the key stays and is named', async (scenario) => {
    const { post, sandbox } = scenario
    for (const store of ['dependabot', 'agents'] as const) addOldSecret(sandbox, { store })
    const killed = await killAt(scenario, 'agents', 'before')
    const cleaned = await post(killed, { job_status: 'failure' })
    expectWarning(cleaned, `${SECRET} in repo=octo-org/example app=dependabot`)
    expectNamedAndActive(cleaned, sandbox, ['active', 'active', OLD_VALUE])
  })

  testSecrets(
    'and secrets that cannot be deleted: the key stays and is named',
    async (scenario) => {
      const { post, sandbox } = scenario
      const killed = await killAt(scenario, 'actions', 'work')
      const without = await post(killed, { github_token: '' })
      expectNamedAndActive(without, sandbox, ['active', 'active', 'active'])
      sandbox.github.withhold({ method: 'DELETE', path: '/secrets/' })
      const refused = await post(killed, { revoke: 'always' })
      expectNamedAndActive(refused, sandbox, ['active', 'active', 'active'])
    },
  )
})
