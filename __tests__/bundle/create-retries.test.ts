import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { expectFailure, messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { countRequests, listMethods } from '../support/requests.js'
import { RUN_ID, withAction } from '../support/scenario.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'
import { waitUntil } from '../support/wait-until.js'

const OWN_LABEL = `preview-${RUN_ID}`

describe('retrying a create request', () => {
  test.concurrent('waits for the seconds in Retry-After', () =>
    withAction('.', async ({ main, sandbox, pauses }) => {
      sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 2, method: 'POST' })
      expect((await main()).exitCode).toBe(0)
      expect(pauses()).toEqual([2_000])
      expect(listMethods(sandbox)).toEqual(['POST', 'POST'])
    }))

  test.concurrent('waits until the date in Retry-After, by the server’s clock', () => {
    const skew = 86_400_000
    return withAction(
      '.',
      async ({ main, sandbox, pauses }) => {
        const retryAfter = new Date(Date.now() + skew + 100_000).toUTCString()
        sandbox.misbehave({ kind: 'status', status: 429, retryAfter, method: 'POST' })
        expect((await main()).exitCode).toBe(0)
        // Half a second is what it waits unasked.
        expect(pauses()).toHaveLength(1)
        expect(pauses()[0]).toBeGreaterThan(1_000)
        expect(pauses()[0]).toBeLessThanOrEqual(101_000)
      },
      { now: () => new Date(Date.now() + skew) },
    )
  })

  test.concurrent('does not wait for hours: it fails instead', () =>
    withAction('.', async ({ main, sandbox }) => {
      sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 7_200, method: 'POST' })
      const run = await main()
      expectFailure(run, '429')
      expect(sandbox.keys()).toEqual([])
    }))

  test.concurrent('is not done blindly when the list is unreadable', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', skip: 1, times: Infinity })
      const inputs = { label: OWN_LABEL }
      const run = await main(inputs)
      expectFailure(run, new RegExp(`403.* may have created .* "${OWN_LABEL}".*Dashboard`))
      expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'GET'])

      sandbox.behave()
      expect((await post(run, inputs)).exitCode).toBe(0)
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('stops when a stray key cannot be revoked: the error names it', () =>
    withAction('.', async ({ main, sandbox }) => {
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', times: Infinity })
      const run = await main({ label: OWN_LABEL })
      expectFailure(run, sandbox.keys()[0]?.id ?? '')
      expect(countRequests(sandbox, 'POST')).toBe(1)
      expect(findUnreportedKeys(sandbox, [run])).toEqual([])
    }))

  test.concurrent('stops when an unreadable key cannot be revoked: the error names it', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      sandbox.misbehave({ kind: 'omit', fields: ['key'], method: 'POST' })
      sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE' })
      const run = await main()
      expectFailure(run, sandbox.keys()[0]?.id ?? '')
      expect(countRequests(sandbox, 'POST')).toBe(1)

      expect((await post(run)).exitCode).toBe(0)
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('leaves keys with the same label that are older than the first attempt', () =>
    withAction('.', async ({ main, sandbox, addKey }) => {
      const createdAt = new Date(Date.now() - 10_000).toISOString()
      addKey(OWN_LABEL, { createdAt })
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      const run = await main({ label: OWN_LABEL })
      expect(run.exitCode).toBe(0)
      expect(sandbox.activeKeys()).toHaveLength(2)
    }))

  test.concurrent.each([-86_400_000, 86_400_000])(
    'finds a stray key by the server’s clock, which is %d ms off',
    (skew) =>
      withAction(
        '.',
        async ({ main, sandbox, addKey }) => {
          const createdAt = new Date(Date.now() + skew - 10_000).toISOString()
          const old = addKey(OWN_LABEL, { createdAt })
          sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
          const run = await main({ label: OWN_LABEL })
          expect(run.exitCode).toBe(0)
          expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([old, run.outputs['key_id']])
        },
        { now: () => new Date(Date.now() + skew) },
      ),
  )

  test.concurrent.each<[string, Fault]>([
    ['a Date', { kind: 'no-date' }],
    ['created_at', { kind: 'omit', fields: ['created_at'] }],
  ])('needs no %s to know its own key', (_what, fault) =>
    withAction('.', async ({ main, sandbox }) => {
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      sandbox.misbehave({ ...fault, method: 'GET', times: Infinity })
      const run = await main({ label: OWN_LABEL })
      expect(outcomeOf(run)).toEqual(SUCCESS)
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([run.outputs['key_id']])
    }),
  )

  test.concurrent('touches nothing when the list lacks team_role_bindings: the error names what it may be', () =>
    withAction('.', async ({ main, sandbox }) => {
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      sandbox.misbehave({
        kind: 'omit',
        fields: ['team_role_bindings'],
        method: 'GET',
        times: Infinity,
      })
      const run = await main({ label: OWN_LABEL })
      expect(run.exitCode).toBe(1)
      expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'GET'])
      expectFailure(run, sandbox.activeKeys()[0]?.id ?? '')
    }))

  test.concurrent('a key created during the next attempt is revoked when the job ends', () =>
    withAction('.', async ({ main, post, sandbox, addKey }) => {
      sandbox.misbehave({ kind: 'reset', method: 'POST' })
      sandbox.misbehave({ kind: 'delay', method: 'POST', delayMs: 300 })
      const running = main({ label: OWN_LABEL })
      await waitUntil('the next attempt', () => countRequests(sandbox, 'POST') > 1)
      addKey(OWN_LABEL)
      const run = await running
      expect(outcomeOf(run)).toEqual(SUCCESS)
      expect(sandbox.keys()).toHaveLength(2)
      expect(outcomeOf(await post(run, { label: OWN_LABEL }))).toEqual(SUCCESS)
      expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([run.outputs['key']])
    }))

  test.concurrent.each(['preview-42', OWN_LABEL])(
    'a key created long after the attempt was given up is found or named: %s',
    (label) =>
      withAction('.', async ({ main, post, sandbox, addKey }) => {
        sandbox.misbehave({ kind: 'reset', method: 'POST' })
        const created = await main({ label })
        const late = addKey(label)
        const cleaned = await post(created, { label })
        expect([created.exitCode, cleaned.exitCode]).toEqual([0, 0])
        const active = sandbox.activeKeys().map(({ id }) => id)
        expect(active).toContain(created.outputs['key_id'])
        if (label === OWN_LABEL) expect(active).not.toContain(late)
        else
          expect([created, cleaned].flatMap((run) => messagesOf(run, 'error', 'warning'))).toEqual([
            expect.stringContaining(late),
          ])
      }),
  )
})
