import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { withAction } from '../support/scenario.js'
import {
  EVERY_ATTEMPT,
  expectHalf,
  expectPostLeavesAll,
  expectRunTakenBack,
  lineOf,
  pathOf,
  TARGETS,
} from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'

/** Failures after which a write may have taken effect. */
const AMBIGUOUS: readonly (readonly [string, boolean, Fault])[] = [
  ['500 with the work done', true, { kind: 'status', status: 500, after: 'work' }],
  ['502 with nothing done', false, { kind: 'status', status: 502 }],
  ['a reset with the work done', true, { kind: 'reset', when: 'work' }],
  ['a reset with nothing done', false, { kind: 'reset' }],
]

describe('a response that is lost once', () => {
  for (const [what, , fault] of AMBIGUOUS) {
    test.concurrent(`as ${what}, is retried, and a new secret stays a new one`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        sandbox.misbehave({ ...fault, method: 'PUT' })
        const result = await main()
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
        expect(sandbox.activeKeys()).toHaveLength(1)
        expect(JSON.parse(result.outputs['secrets'] ?? '')).toMatchObject([{ status: 'created' }])
      }))
  }

  test.concurrent('counts only for its own request', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.misbehave({ kind: 'status', status: 503, path: '/public-key', times: 2 })
      sandbox.misbehave({ kind: 'reset', method: 'PUT', path: pathOf('agents') })
      const result = await main({ secret_targets: TARGETS }, { debug: true })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      const attempts = result.shown.flatMap(
        (line) => /PUT \S+?\/(\w+)\/secrets\/\S+ → .*\((attempt \d)\)/.exec(line)?.slice(1) ?? [],
      )
      expect(attempts).toHaveLength(8)
      expect(attempts.slice(6)).toEqual(['agents', 'attempt 2'])
    }))

  test.concurrent('is retried when half of it arrives, or nothing in time', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      addOldSecret(sandbox, { store: 'dependabot' })
      sandbox.misbehave({ kind: 'truncate', method: 'PUT', path: pathOf('actions') })
      const path = pathOf('dependabot')
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'PUT', path })
      const result = await main({ secret_targets: TARGETS, timeout_seconds: '5' })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(listSecrets(sandbox)).toHaveLength(3)
      expect(listSecrets(sandbox).every((line) => line.endsWith('= active'))).toBe(true)
      expect(JSON.parse(result.outputs['secrets'] ?? '')).toMatchObject([
        { status: 'created' },
        { status: 'updated' },
        { status: 'created' },
      ])
    }))
})

describe('responses that are lost every time', () => {
  for (const [what, done, fault] of AMBIGUOUS) {
    test.concurrent(`as ${what}, on a new secret: it is deleted and the key revoked`, () =>
      withAction('. with secrets', async (parts) => {
        parts.sandbox.misbehave({
          ...{ ...fault, method: 'PUT', path: pathOf('dependabot') },
          times: EVERY_ATTEMPT,
        })
        await expectRunTakenBack(parts, { secret_targets: TARGETS })
      }))

    test.concurrent(`as ${what}, on an old secret: it counts as written, and the key stays`, () =>
      withAction('. with secrets', async (parts) => {
        const { main, sandbox } = parts
        addOldSecret(sandbox, { store: 'dependabot' })
        const path = pathOf('dependabot')
        sandbox.misbehave({ ...fault, method: 'PUT', path, times: EVERY_ATTEMPT })
        const result = await main({ secret_targets: TARGETS })
        expect(listSecrets(sandbox)).toEqual([
          lineOf('agents', 'active'),
          lineOf('dependabot', done ? 'active' : OLD_VALUE),
          lineOf('actions', 'active'),
        ])
        const holding = { actions: 'created', agents: 'created' } as const
        expectHalf(result, sandbox, { holding, unsure: ['dependabot'] })
        // Three public keys, three secrets; none is read again.
        expect(countRequests(sandbox, 'GET')).toBe(6)
        await expectPostLeavesAll(parts, result)
      }))
  }
})

describe('an unreachable GitHub', () => {
  test.concurrent('is reported with its reason, and no key is created', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const result = await main({ github_api_url: 'http://127.0.0.1:9' })
      expect(result.exitCode).toBe(1)
      const error = messagesOf(result, 'error').join('\n')
      expect(error).toMatch(
        /so no key was created:\n- .*: got no response from GitHub after 4 attempts: .*127\.0\.0\.1:9/,
      )
      expect(sandbox.requests).toEqual([])
    }))
})

describe('a rejection after a lost response', () => {
  for (const status of [403, 422]) {
    test.concurrent(`does not prove that nothing was written: a new secret, then ${status}`, () =>
      withAction('. with secrets', async (parts) => {
        const { sandbox } = parts
        sandbox.misbehave({ kind: 'status', status: 502, after: 'work', method: 'PUT' })
        const body = { message: 'Must have admin rights.' }
        sandbox.misbehave({ kind: 'status', status, method: 'PUT', body })
        await expectRunTakenBack(parts)
      }))
  }

  test.concurrent('does not prove that an old secret still has its value', () =>
    withAction('. with secrets', async (parts) => {
      const { main, sandbox } = parts
      addOldSecret(sandbox)
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'PUT' })
      sandbox.misbehave({ kind: 'status', status: 403, method: 'PUT', times: 9 })
      const result = await main()
      expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
      expectHalf(result, sandbox, { unsure: ['actions'] })
      await expectPostLeavesAll(parts, result)
    }))
})
