import { describe, expect } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { expectFailure } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { testAction } from '../support/scenario.js'
import {
  EVERY_ATTEMPT,
  expectHalf,
  expectPostLeavesAll,
  expectRunTakenBack,
  listStatuses,
  pathOf,
  readStores,
  TARGETS,
} from '../support/secret-outcomes.js'
import { addOldSecret, OLD_VALUE } from '../support/secrets.js'

const test = testAction('. with secrets')

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
    const result = await succeed({ secret_targets: TARGETS, timeout_seconds: '5' })
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
      /so no key was created:\n- .*: got no response from GitHub after 4 attempts: .*127\.0\.0\.1:9/,
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
