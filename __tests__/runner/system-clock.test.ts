import { getEventListeners } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { CancelledError } from '../../src/core/errors.js'
import { createSystemClock } from '../../src/runner/system-clock.js'

describe('the system clock', () => {
  test('returns whole milliseconds', () => {
    const now = createSystemClock().now()
    expect(Number.isInteger(now)).toBe(true)
    expect(Math.abs(now - Date.now())).toBeLessThan(1_000)
  })

  test('advances by itself', async () => {
    const clock = createSystemClock()
    const began = clock.now()
    await clock.sleep(30)
    expect(clock.now() - began).toBeGreaterThanOrEqual(25)
  })

  test('returns random numbers', () => {
    const clock = createSystemClock()
    const numbers = Array.from({ length: 20 }, () => clock.random())
    expect(new Set(numbers).size).toBeGreaterThan(1)
    expect(numbers.filter((number) => number < 0 || number >= 1)).toEqual([])
  })

  describe('when the step is cancelled', () => {
    test('stops waiting', async () => {
      const cancellation = new AbortController()
      const waiting = createSystemClock(cancellation.signal).sleep(60_000)
      cancellation.abort()
      await expect(waiting).rejects.toThrow(CancelledError)
    })

    test('does not start to wait', async () => {
      const clock = createSystemClock(AbortSignal.abort())
      await expect(clock.sleep(60_000)).rejects.toThrow(CancelledError)
    })
  })

  test('leaves no listener behind', async () => {
    const { signal } = new AbortController()
    const clock = createSystemClock(signal)
    for (let round = 0; round < 3; round += 1) await clock.sleep(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
