import { describe, expect, test } from '@jest/globals'
import { CancelledError, ConnectionError, HttpStatusError } from '../../src/core/errors.js'
import { computeDelay, isTransient, parseRetryAfter, withRetries } from '../../src/http/retry.js'
import { catchError, createFakeClock } from '../support/fakes.js'

const BUSY = new HttpStatusError('fake 503', 503, undefined)

function busyFor(milliseconds: number): HttpStatusError {
  return new HttpStatusError('fake 429', 429, milliseconds)
}

describe('computeDelay', () => {
  test('lets a connection that times out be tried twice', () => {
    const silent = new ConnectionError('fake', 'silent')
    expect([1, 2, 3].map((attempt) => computeDelay(silent, attempt, 0))).toEqual([
      250,
      undefined,
      undefined,
    ])
  })

  test.each([
    [1, 250],
    [2, 500],
    [3, 1_000],
    [4, 2_000],
    [5, 4_000],
    [6, 4_000],
    [60, 4_000],
  ])('doubles after attempt %d, up to a cap, with half of it left to chance', (attempt, least) => {
    expect(computeDelay(BUSY, attempt, 0)).toBe(least)
    expect(computeDelay(BUSY, attempt, 0.5)).toBe(least * 1.5)
    expect(computeDelay(BUSY, attempt, 1)).toBe(least * 2)
  })

  test.each([
    [0, 250],
    [100, 250],
    [3_000, 3_000],
    [120_000, 120_000],
    [120_001, undefined],
    [Number.POSITIVE_INFINITY, undefined],
  ])('honors a delay of %d ms', (asked, delay) => {
    expect(computeDelay(busyFor(asked), 1, 0)).toBe(delay)
  })
})

describe('withRetries', () => {
  const info = () => undefined

  test('announces a pause of more than two seconds in the log', async () => {
    const said: string[] = []
    const ports = { clock: createFakeClock(), info: (message: string) => said.push(message) }
    const { operation } = failWith([BUSY, busyFor(2_000), busyFor(8_500)])
    await withRetries(operation, ports)
    expect(said).toEqual(['fake 429. Trying again in 9 s'])
  })

  test('bears with refusals that may be wrong, which are no attempts', async () => {
    const clock = createFakeClock()
    const refused = new HttpStatusError('fake 401', 401, undefined)
    const { attempts, operation } = failWith([refused, BUSY, refused, refused, BUSY, BUSY])
    const policy = {
      mostAttempts: 3,
      firstDelayMs: 500,
      isWorthwhile: isTransient,
      bearWith: (error: unknown, refusals: number) =>
        error === refused && refusals < 3 ? 1_000 : undefined,
    }
    expect(await catchError(() => withRetries(operation, { clock, info }, policy))).toBe(BUSY)
    expect([attempts.length, clock.slept]).toEqual([6, [1_000, 250, 1_000, 1_000, 500]])
  })

  /** Throws the errors in order, then returns the number of the attempt. */
  function failWith(errors: readonly unknown[]) {
    const attempts: number[] = []
    const operation = async (attempt: number) => {
      attempts.push(attempt)
      const error = errors[attempts.length - 1]
      if (error !== undefined) throw error
      return `attempt ${attempt}`
    }
    return { attempts, operation }
  }

  test.each([
    ['a lost response', new ConnectionError('fake', 'broken'), true],
    ['no connection', new ConnectionError('fake', 'unreachable'), false],
  ])('says with the last error what %s before it may have done', async (_what, first, may) => {
    const { operation } = failWith([first, new HttpStatusError('fake', 422, undefined)])
    expect(
      await catchError(() => withRetries(operation, { clock: createFakeClock(), info })),
    ).toMatchObject({
      status: 422,
      mayHaveTakenEffect: may,
    })
  })

  test('ends when the pause is cancelled', async () => {
    const cancelled = new CancelledError('fake')
    const clock = createFakeClock(0, () => {
      throw cancelled
    })
    const { attempts, operation } = failWith([BUSY])
    expect(await catchError(() => withRetries(operation, { clock, info }))).toBe(cancelled)
    expect(attempts).toEqual([1])
  })
})

const NOW = Date.parse('2026-01-02T03:04:00Z')

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Fri, 02 Jan 2026 03:04:09 GMT', 9_000],
    ['Friday, 02-Jan-26 03:04:09 GMT', 9_000],
    ['Fri, 02 Jan 2026 03:03:00 GMT', 0],
    ['', undefined],
    ['soon', undefined],
  ])('reads %j', (text, milliseconds) => {
    expect(parseRetryAfter(text, undefined, NOW)).toBe(milliseconds)
  })

  test('reads it on this machine’s clock when the service’s is unreadable', () => {
    const headers = { 'retry-after': 'Fri, 02 Jan 2026 03:04:09 GMT', date: 'yesterday' }
    expect(parseRetryAfter(headers['retry-after'], headers.date, NOW)).toBe(9_000)
  })
})
