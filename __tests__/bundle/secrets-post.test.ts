import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { expectWarning, messagesOf } from '../support/messages.js'
import { listWrites } from '../support/requests.js'
import { type Scenario, SECRET, testAction, testExtended } from '../support/scenario.js'
import { pathOf, readStores, STORES, type Store, TARGETS } from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'
import { withStepFiles } from '../support/step-files.js'

const test = testAction('. with secrets')

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
  test.each([
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

  test('leaves a secret that another run has written since main was killed', async (scenario) => {
    const { sandbox, mainKilledWhen, post } = scenario
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'PUT' })
    const killed = await mainKilledWhen(() => sandbox.github.secrets().length > 0)
    const [owner = '', repo = ''] = sandbox.repository.split('/')
    const { key: value } = sandbox.addKey({ label: 'other', teamIds: sandbox.teamIds })
    const updatedAt = new Date(Date.now() + 2_000).toISOString()
    sandbox.github.addSecret({ owner, repo, name: SECRET, value, updatedAt })
    const id = sandbox.keys()[0]?.id
    expectWarning(await post(killed), new RegExp(`${id} was left active because it is, or may be`))
    expect(sandbox.github.secrets().map((secret) => secret.value)).toEqual([value])
  })

  test('always warns about an old secret, and never deletes it', async (scenario) => {
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
  test(
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

  test('always deletes a secret whose mark could not be read after its write', async (scenario) => {
    const { succeed, clean, sandbox } = scenario
    // Once before the write, then after it.
    const path = pathOf('actions')
    sandbox.misbehave({ kind: 'status', status: 410, method: 'GET', path, skip: 1 })
    await clean(await succeed({ revoke: 'always' }), { revoke: 'always' })
    expect([listSecrets(sandbox), sandbox.activeKeys()]).toEqual([[], []])
  })

  test('always accepts secrets and keys that are already gone', async ({ main, post, clean }) => {
    const result = await main()
    await post(result, { revoke: 'always' })
    await clean(result, { revoke: 'always' })
  })
})

describe('a post step that fails to', () => {
  test('delete without a token warns and names the secret', async ({ main, post, sandbox }) => {
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
  })

  test('delete without permission warns with the reason', async ({ main, post, sandbox }) => {
    const result = await main({ secret_targets: 'repo\napp=agents' })
    sandbox.github.withhold({ method: 'DELETE', path: '/actions/secrets/' })
    const cleaned = await post(result, { revoke: 'always' })
    expect(messagesOf(cleaned, 'warning')[0]).toContain(
      `A secret could not be deleted:\n- ${SECRET} in repo=octo-org/example: GitHub returned 403`,
    )
    expectNamedAndActive(cleaned, sandbox, ['active', 'none', 'none'])
  })

  test('read many secrets leaves room for the warning that names the key', async (scenario) => {
    const { succeed, post, sandbox } = scenario
    const targets = Array.from({ length: 11 }, (_, index) => `repo name=KEY_${index}`)
    const result = await succeed({ secret_targets: targets.join('\n') })
    sandbox.github.withhold({ method: 'GET', path: '/actions/secrets/KEY' })
    const warnings = messagesOf(await post(result, { revoke: 'always' }), 'warning')
    expect(warnings).toEqual([
      expect.stringContaining('11 secrets could not be read:\n- KEY_'),
      expect.stringContaining(`Management Key ${result.outputs['key_id']} was left active`),
    ])
  })
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

  test.each(['before', 'work'] as const)(
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

  test('after it overwrote a secret: the key stays and is named', async (scenario) => {
    const { post, sandbox } = scenario
    for (const store of ['dependabot', 'agents'] as const) addOldSecret(sandbox, { store })
    const killed = await killAt(scenario, 'agents', 'before')
    const cleaned = await post(killed, { job_status: 'failure' })
    expectWarning(cleaned, `${SECRET} in repo=octo-org/example app=dependabot`)
    expectNamedAndActive(cleaned, sandbox, ['active', 'active', OLD_VALUE])
  })

  test('and secrets that cannot be deleted: the key stays and is named', async (scenario) => {
    const { post, sandbox } = scenario
    const killed = await killAt(scenario, 'actions', 'work')
    const without = await post(killed, { github_token: '' })
    expectNamedAndActive(without, sandbox, ['active', 'active', 'active'])
    sandbox.github.withhold({ method: 'DELETE', path: '/secrets/' })
    const refused = await post(killed, { revoke: 'always' })
    expectNamedAndActive(refused, sandbox, ['active', 'active', 'active'])
  })
})
