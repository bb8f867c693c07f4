import { describe, expect, test } from '@jest/globals'
import {
  ActionError,
  CancelledError,
  ConnectionError,
  HttpStatusError,
  UnreadableResponseError,
} from '../../src/core/errors.js'
import {
  computeDelay,
  isTransient,
  MOST_ATTEMPTS,
  parseRetryAfter,
  withRetries,
} from '../../src/http/retry.js'
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

  test('does not wait for a number too large', () => {
    expect(computeDelay(busyFor(Number('9'.repeat(400)) * 1000), 1, 0)).toBeUndefined()
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

describe('isTransient', () => {
  test.each([429, 500, 501, 502, 503, 504, 599])('accepts status %d', (status) => {
    expect(isTransient(new HttpStatusError('fake', status, undefined))).toBe(true)
  })

  test.each([302, 400, 401, 403, 404, 408, 409, 422, 425, 428, 430, 499])(
    'rejects status %d',
    (status) => {
      expect(isTransient(new HttpStatusError('fake', status, undefined))).toBe(false)
    },
  )

  test.each<[string, unknown, boolean]>([
    ['no connection', new ConnectionError('fake', 'unreachable'), true],
    ['a lost connection', new ConnectionError('fake', 'broken'), true],
    ['a certificate that is not trusted', new ConnectionError('fake', 'untrusted'), false],
    ['an unreadable response', new UnreadableResponseError('fake'), true],
    ['a cancellation', new CancelledError('fake'), false],
    ['any other error', new ActionError('fake'), false],
    ['a mistake in the code', new TypeError('fake'), false],
    ['no error at all', 'fake', false],
  ])('judges %s', (_what, error, transient) => {
    expect(isTransient(error)).toBe(transient)
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
      isTransient,
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

  test('waits longer each time, or as long as the service asks', async () => {
    const clock = createFakeClock()
    const { operation } = failWith([BUSY, busyFor(9_000), BUSY, busyFor(0)])
    expect(await withRetries(operation, { clock, info })).toBe('attempt 5')
    expect(clock.slept).toEqual([250, 9_000, 1_000, 2_000])
  })

  test('gives up after five attempts, with the last error and no pause after it', async () => {
    const clock = createFakeClock(1)
    const last = new ConnectionError('the last one', 'broken')
    const { attempts, operation } = failWith([BUSY, BUSY, BUSY, BUSY, last, BUSY])
    expect(await catchError(() => withRetries(operation, { clock, info }))).toBe(last)
    expect(MOST_ATTEMPTS).toBe(5)
    expect(attempts).toEqual([1, 2, 3, 4, 5])
    expect(clock.slept).toEqual([500, 1_000, 2_000, 4_000])
  })

  test('follows the policy of a service', async () => {
    const clock = createFakeClock()
    const { attempts, operation } = failWith([BUSY, new TypeError('fake'), BUSY])
    const policy = { mostAttempts: 3, firstDelayMs: 2_000, isTransient: () => true }
    expect(await catchError(() => withRetries(operation, { clock, info }, policy))).toBe(BUSY)
    expect([attempts, clock.slept]).toEqual([
      [1, 2, 3],
      [1_000, 2_000],
    ])
  })

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

  test.each<[string, unknown]>([
    ['an error that stays', new HttpStatusError('fake', 403, 1_000)],
    ['a wish for too long a pause', busyFor(120_001)],
  ])('does not repeat after %s', async (_what, error) => {
    const clock = createFakeClock()
    const { attempts, operation } = failWith([error])
    expect(await catchError(() => withRetries(operation, { clock, info }))).toBe(error)
    expect([attempts, clock.slept]).toEqual([[1], []])
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

  test('reads a date on the service’s clock, not on this machine’s', () => {
    const headers = {
      'retry-after': 'Fri, 02 Jan 2026 05:00:03 GMT',
      date: 'Fri, 02 Jan 2026 05:00:00 GMT',
    }
    expect(parseRetryAfter(headers['retry-after'], headers.date, NOW)).toBe(3_000)
  })

  test('reads it on this machine’s clock when the service’s is unreadable', () => {
    const headers = { 'retry-after': 'Fri, 02 Jan 2026 03:04:09 GMT', date: 'yesterday' }
    expect(parseRetryAfter(headers['retry-after'], headers.date, NOW)).toBe(9_000)
  })
})
