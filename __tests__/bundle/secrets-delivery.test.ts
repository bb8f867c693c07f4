import { describe, expect } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { expectFailure, expectMessage, expectWarning, messagesOf } from '../support/messages.js'
import { countRequests, listWrites } from '../support/requests.js'
import { OWN_LABEL, SECRET, testAction } from '../support/scenario.js'
import {
  describePlace,
  EVERY_ATTEMPT,
  expectHalf,
  expectPostLeavesAll,
  expectRunTakenBack,
  expectTakenBack,
  lineOf,
  listStatuses,
  pathOf,
  readStores,
  STORES,
  type Store,
  TARGETS,
} from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'

const test = testAction('. with secrets')

describe('a target that refuses, before an old secret was overwritten', () => {
  test.each<[Store, number, ...(readonly Store[])]>([
    ['actions', 403],
    ['dependabot', 403],
    ['dependabot', 422],
    ['agents', 403],
    ['dependabot', 403, 'agents'],
    ['dependabot', 403, 'dependabot'],
    ['actions', 403, ...STORES],
  ])('%s with %d: all is taken back, old secrets are as before: %s', async (parts, row) => {
    const { main, sandbox } = parts
    const [refusing, status, ...old] = row
    for (const store of old) addOldSecret(sandbox, { store })
    const body = { message: 'Refused', errors: [{ code: 'fake' }] }
    sandbox.misbehave({ kind: 'status', status, method: 'PUT', path: pathOf(refusing), body })
    const result = await main({ secret_targets: TARGETS })
    expectTakenBack(result, sandbox, old.map((store) => lineOf(store, OLD_VALUE)).sort())
    expectFailure(
      result,
      `${SECRET} in ${describePlace(refusing)} could not be written: GitHub returned ${status}: Refused: {"code":"fake"}`,
    )
    const others = STORES.filter((one) => one !== refusing && !old.includes(one))
    expect([...listWrites(sandbox)].sort()).toEqual(
      [
        `PUT ${pathOf(refusing)} ${status}`,
        ...others.flatMap((one) => [`PUT ${pathOf(one)} 201`, `DELETE ${pathOf(one)} 204`]),
      ].sort(),
    )
    // The key goes last.
    const deletes = sandbox.requests.filter(({ method }) => method === 'DELETE')
    expect(deletes.at(-1)?.path).toContain('/management_key/')
    await expectPostLeavesAll(parts, result)
  })

  test('names the permission that the write needs', async ({ main, sandbox }) => {
    sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
    const result = await main({ secret_targets: TARGETS })
    expectFailure(result, 'with the permission dependabot_secrets: write')
  })
})

describe('a failure after an old secret was overwritten', () => {
  test('leaves the key active, and reports where it is and where not', async (parts) => {
    const { main, sandbox } = parts
    addOldSecret(sandbox)
    addOldSecret(sandbox, { store: 'dependabot' })
    sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
    const result = await main({ secret_targets: 'app=actions\napp=dependabot' })
    expect(readStores(sandbox)).toEqual(['active', OLD_VALUE, 'none'])
    expectHalf(result, sandbox, { holding: { actions: 'updated' }, others: ['dependabot'] })
    expect(listWrites(sandbox).some((write) => write.startsWith('DELETE'))).toBe(false)
    await expectPostLeavesAll(parts, result)
  })

  test.each(['always', 'on_failure'])(
    'leaves the key active even with revoke: %s, and post warns',
    async ({ main, post, sandbox }, revoke) => {
      for (const store of STORES) addOldSecret(sandbox, { store })
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const half = await main({ secret_targets: TARGETS, revoke })
      expect(half.exitCode).toBe(1)
      const id = sandbox.activeKeys()[0]?.id
      const cleaned = await post(half, { revoke, job_status: 'failure' })
      expectWarning(
        cleaned,
        `${id} stays active (revoke: ${revoke}): the main step stored it, or may have stored it`,
      )
      expect(readStores(sandbox)).toEqual(['active', OLD_VALUE, 'active'])
    },
  )

  test('gives one advice in both steps, which a label with the ID of the run changes', async (scenario) => {
    const { main, post, sandbox } = scenario
    for (const store of STORES) addOldSecret(sandbox, { store })
    sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
    for (const label of ['preview', OWN_LABEL]) {
      const half = await main({ secret_targets: TARGETS, label })
      const advice =
        label === 'preview'
          ? 'Run the workflow again with if_exists: replace'
          : `Run the workflow again to write every secret, then revoke Management Key ${half.outputs['key_id']}`
      expectFailure(half, `Fix the cause. ${advice}`)
      expectWarning(await post(half, { label }), advice)
    }
  })

  test('leaves the previous keys, and is fixed by the next run with if_exists: replace', async (scenario) => {
    const { main, succeed, sandbox } = scenario
    const inputs = { secret_targets: TARGETS, if_exists: 'replace' }
    const former = (await succeed(inputs)).outputs['key_id']
    sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
    const half = await main(inputs)
    expect(half.exitCode).toBe(1)
    expect(half.outputs).toMatchObject({
      created: 'false',
      replaced_key_ids: '[]',
      retained_key_ids: JSON.stringify([former]),
    })
    expect(sandbox.activeKeys()).toHaveLength(2)

    sandbox.github.grant()
    const { outputs } = await succeed(inputs)
    expect(readStores(sandbox)).toEqual(['active', 'active', 'active'])
    expect(sandbox.activeKeys()).toHaveLength(1)
    expect(outputs['replaced_key_ids']).toBe(JSON.stringify([former, half.outputs['key_id']]))
  })
})

describe('a redirect', () => {
  test('of the write does not count as a write', async ({ main, sandbox }) => {
    const location = `${sandbox.githubUrl}/repositories/1/actions/secrets/${SECRET}`
    sandbox.misbehave({ kind: 'redirect', location, method: 'PUT' })
    expectTakenBack(await main(), sandbox, [])
  })

  test('of the delete does not count as a delete', async ({ main, sandbox }) => {
    const [path, location] = [SECRET, `${sandbox.githubUrl}/repositories/1`]
    sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
    sandbox.misbehave({ kind: 'redirect', location, method: 'DELETE', path, times: Infinity })
    const result = await main({ secret_targets: TARGETS })
    expect(readStores(sandbox)).toEqual(['active', 'none', 'active'])
    expectFailure(result, `${sandbox.activeKeys()[0]?.id}`)
  })
})

describe('a rollback that fails', () => {
  test('leaves the key active, because a secret that contains it could not be deleted', async (parts) => {
    const { main, sandbox } = parts
    sandbox.github.withhold({ method: 'PUT', path: '/agents/' })
    sandbox.github.withhold({ method: 'DELETE', path: pathOf('actions') })
    const result = await main({ secret_targets: TARGETS })
    expect(readStores(sandbox)).toEqual(['active', 'none', 'none'])
    const holding = { actions: 'created' } as const
    expectHalf(result, sandbox, { holding, others: ['dependabot', 'agents'] })
    const problem = `A secret could not be deleted:\n- ${SECRET} in ${describePlace('actions')}: GitHub returned 403`
    expectMessage(result, 'warning', problem)
    // Nothing was overwritten here, so that cannot be the reason.
    expect(messagesOf(result, 'error').join('\n')).not.toContain('was overwritten')
    await expectPostLeavesAll(parts, result)
  })

  test('is retried if transient, also when a response is lost', async ({ main, sandbox }) => {
    sandbox.github.withhold({ method: 'PUT', path: '/agents/' })
    const path = SECRET
    sandbox.misbehave({ kind: 'status', status: 502, after: 'work', method: 'DELETE', path })
    sandbox.misbehave({ kind: 'reset', method: 'DELETE', path: pathOf('dependabot') })
    expectTakenBack(await main({ secret_targets: TARGETS }), sandbox, [])
  })

  test('names the key when the secrets are deleted but the key cannot be revoked', async (scenario) => {
    const { main, post, sandbox } = scenario
    sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
    const path = '/management_key/'
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path, times: 2 })
    const result = await main({ secret_targets: TARGETS })
    const id = sandbox.activeKeys()[0]?.id
    expectFailure(result, `Management Key ${id} was created but not delivered`)
    expect(listSecrets(sandbox)).toEqual([])
    expectWarning(await post(result), `${id} may still be active`)
    expect((await post(result)).exitCode).toBe(0)
    expect(sandbox.activeKeys()).toEqual([])
  })
})

/** Failures after which a write may have taken effect. */
const AMBIGUOUS: readonly (readonly [string, boolean, Fault])[] = [
  ['500 with the work done', true, { kind: 'status', status: 500, after: 'work' }],
  ['502 with nothing done', false, { kind: 'status', status: 502 }],
  ['a reset with the work done', true, { kind: 'reset', when: 'work' }],
  ['a reset with nothing done', false, { kind: 'reset' }],
]

describe('a response that is lost once', () => {
  test.each(AMBIGUOUS)(
    'as %s, is retried, and a new secret stays a new one',
    async (scenario, row) => {
      const { succeed, sandbox } = scenario
      sandbox.misbehave({ ...row[2], method: 'PUT' })
      expect(listStatuses(await succeed())).toEqual(['created'])
      expect(readStores(sandbox)).toEqual(['active', 'none', 'none'])
      expect(sandbox.activeKeys()).toHaveLength(1)
    },
  )

  test('counts only for its own request', async ({ succeed, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 503, path: '/public-key', times: 2 })
    sandbox.misbehave({ kind: 'reset', method: 'PUT', path: pathOf('agents') })
    const result = await succeed({ secret_targets: TARGETS }, { debug: true })
    const attempts = result.shown.flatMap(
      (line) => /PUT \S+?\/(\w+)\/secrets\/\S+ → .*\((attempt \d)\)/.exec(line)?.slice(1) ?? [],
    )
    expect(attempts).toHaveLength(8)
    expect(attempts.slice(6)).toEqual(['agents', 'attempt 2'])
  })

  test('is retried when half of it arrives, or nothing in time', async ({ succeed, sandbox }) => {
    addOldSecret(sandbox, { store: 'dependabot' })
    sandbox.misbehave({ kind: 'truncate', method: 'PUT', path: pathOf('actions') })
    const path = pathOf('dependabot')
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'PUT', path })
    const result = await succeed({ secret_targets: TARGETS, timeout_seconds: '15' })
    expect(listStatuses(result)).toEqual(['created', 'updated', 'created'])
    expect(readStores(sandbox)).toEqual(['active', 'active', 'active'])
  })
})

describe('responses that are lost every time', () => {
  const path = pathOf('dependabot')
  const lost = { method: 'PUT', path, times: EVERY_ATTEMPT }

  test.each(AMBIGUOUS)('as %s: a new secret is deleted and the key revoked', async (parts, row) => {
    parts.sandbox.misbehave({ ...row[2], ...lost })
    await expectRunTakenBack(parts, { secret_targets: TARGETS })
  })

  test.each(AMBIGUOUS)(
    'as %s: an old secret counts as written, and the key stays',
    async (parts, row) => {
      const { main, sandbox } = parts
      const [, done, fault] = row
      addOldSecret(sandbox, { store: 'dependabot' })
      sandbox.misbehave({ ...fault, ...lost })
      const result = await main({ secret_targets: TARGETS })
      expect(readStores(sandbox)).toEqual(['active', done ? 'active' : OLD_VALUE, 'active'])
      const holding = { actions: 'created', agents: 'created' } as const
      expectHalf(result, sandbox, { holding, unsure: ['dependabot'] })
      // Three public keys, three secrets; none is read again.
      expect(countRequests(sandbox, 'GET')).toBe(6)
      await expectPostLeavesAll(parts, result)
    },
  )
})

describe('an unreachable GitHub', () => {
  test('is reported with its reason, and no key is created', async ({ main, sandbox }) => {
    const result = await main({ github_api_url: 'http://127.0.0.1:9' })
    expectFailure(
      result,
      /so no key was created:\n- .*: No response from GitHub after 4 attempts: .*127\.0\.0\.1:9/,
    )
    expect(sandbox.requests).toEqual([])
  })
})

describe('a rejection after a lost response', () => {
  test.each([403, 422])('does not prove that nothing was written: %d', async (parts, status) => {
    const { sandbox } = parts
    sandbox.misbehave({ kind: 'status', status: 502, after: 'work', method: 'PUT' })
    const body = { message: 'Must have admin rights.' }
    sandbox.misbehave({ kind: 'status', status, method: 'PUT', body })
    await expectRunTakenBack(parts)
  })

  test('does not prove that an old secret still has its value', async (parts) => {
    const { main, sandbox } = parts
    addOldSecret(sandbox)
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'PUT' })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'PUT', times: 9 })
    const result = await main()
    expect(readStores(sandbox)).toEqual(['active', 'none', 'none'])
    expectHalf(result, sandbox, { unsure: ['actions'] })
    await expectPostLeavesAll(parts, result)
  })
})
