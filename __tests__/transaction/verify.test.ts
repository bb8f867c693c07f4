import { describe, expect, test } from '@jest/globals'
import { ActionError, CancelledError } from '../../src/core/errors.js'
import type { ManagementApi } from '../../src/junction/client.js'
import { verifyKey } from '../../src/transaction/verify.js'
import { catchError, catchMessage, createFakeClock, fakeKey } from '../support/fakes.js'

const KEY = { ...fakeKey('fake-id'), value: 'mg_fake_new_key' }

/** Ports whose API gives these results one after the other, the last of them from then on. */
function createPorts(results: readonly (boolean | Error)[], onSleep?: () => void) {
  const asked: string[] = []
  const api: Pick<ManagementApi, 'isAccepted'> = {
    isAccepted: async (key, teamId) => {
      const result = results[Math.min(asked.length, results.length - 1)]
      asked.push(`${key} ${teamId}`)
      if (result === undefined || result instanceof Error) throw result
      return result
    },
  }
  const info: string[] = []
  const clock = createFakeClock(0, onSleep)
  return { ports: { api, clock, info: (line: string) => info.push(line) }, asked, clock, info }
}

describe('verifyKey', () => {
  test('tries the key on each team', async () => {
    const { ports, asked, clock, info } = createPorts([true])
    await verifyKey(KEY, ['a', 'b'], ports)
    expect(asked).toEqual(['mg_fake_new_key a', 'mg_fake_new_key b'])
    expect(clock.slept).toEqual([])
    expect(info).toEqual([expect.stringContaining('fake-id')])
  })

  test('waits ever longer, and for 30 s at most', async () => {
    const { ports, asked, clock, info } = createPorts([false])
    const message = await catchMessage(() => verifyKey(KEY, ['a', 'b'], ports))
    expect(message).toMatch(/fake-id could not be verified.* 401 .* 30 s/)
    expect([...clock.slept].sort((a, b) => a - b)).toEqual(clock.slept)
    expect(clock.slept.reduce((sum, pause) => sum + pause)).toBe(30_000)
    expect(new Set(asked)).toEqual(new Set(['mg_fake_new_key a']))
    expect(info).toEqual([])
  })

  test('has 30 s for all teams together', async () => {
    const { ports, asked, clock } = createPorts([false, false, false, true, false])
    await catchMessage(() => verifyKey(KEY, ['a', 'b'], ports))
    expect(asked).toContain('mg_fake_new_key b')
    expect(clock.slept.reduce((sum, pause) => sum + pause)).toBe(30_000)
  })

  test('fails with what the API throws, as its cause', async () => {
    const reason = new ActionError('the fake API returned 404')
    const { ports } = createPorts([reason])
    const error = await catchError(() => verifyKey(KEY, ['a'], ports))
    expect(error).toMatchObject({ cause: reason, message: expect.stringContaining('404') })
  })

  test('ends with the pause that a cancellation ends', async () => {
    const reason = new CancelledError('cancelled')
    const { ports } = createPorts([false], () => {
      throw reason
    })
    expect(await catchError(() => verifyKey(KEY, ['a'], ports))).toBe(reason)
  })
})
