import { describe, expect, test } from '@jest/globals'
import { createLimiter, readPause } from '../../src/github/limits.js'
import { catchMessage, createFakeClock, START } from '../support/fakes.js'

/** A limiter and its requests, each open until `answer` is called. */
function createWork() {
  const clock = createFakeClock()
  const limit = createLimiter(clock)
  const open: string[] = []
  const answers = new Map<string, () => void>()
  let most = 0
  const start = (method: string, name: string) =>
    limit(method, async () => {
      open.push(name)
      most = Math.max(most, open.length)
      await new Promise<void>((resolve) => answers.set(name, resolve))
      open.splice(open.indexOf(name), 1)
      return name
    })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { clock, limit, open, answers, start, settle, most: () => most }
}

describe('GitHub’s limits', () => {
  test('six reads are open at the same time, and the others follow in order', async () => {
    const { start, settle, open, answers, most, clock } = createWork()
    const names = Array.from({ length: 10 }, (_, index) => `read ${index}`)
    const done = Promise.all(names.map((name) => start('GET', name)))
    await settle()
    expect(open).toEqual(names.slice(0, 6))
    for (const name of names) {
      answers.get(name)?.()
      await settle()
    }
    expect(await done).toEqual(names)
    expect([most(), clock.slept]).toEqual([6, []])
  })

  test('one write is open at a time, in order', async () => {
    const { start, settle, open, answers } = createWork()
    const done = Promise.all([
      start('PUT', 'first'),
      start('DELETE', 'second'),
      start('PUT', 'third'),
    ])
    for (const name of ['first', 'second', 'third']) {
      await settle()
      expect(open).toEqual([name])
      answers.get(name)?.()
    }
    expect(await done).toEqual(['first', 'second', 'third'])
  })

  test('a request that fails makes room for the next', async () => {
    const { limit } = createWork()
    const fail = () => Promise.reject(new Error('fake failure'))
    expect(await catchMessage(() => limit('PUT', fail))).toBe('fake failure')
    expect(await limit('PUT', async () => 'done')).toBe('done')
  })

  test('twenty writes follow each other without a pause, then one per second', async () => {
    const { limit, clock } = createWork()
    const send = async () => undefined
    for (let count = 0; count < 20; count += 1) await limit('PUT', send)
    expect(clock.slept).toEqual([])
    for (let count = 0; count < 60; count += 1) await limit('PUT', send)
    expect(clock.slept).toEqual(Array(60).fill(1_000))
    await clock.sleep(2_500)
    for (let count = 0; count < 3; count += 1) await limit('PUT', send)
    expect(clock.slept.slice(61)).toEqual([500])
  })

  test('two hundred reads follow each other without a pause, then five per second', async () => {
    const { limit, clock } = createWork()
    for (let count = 0; count < 202; count += 1) await limit('GET', async () => undefined)
    expect(clock.slept).toEqual([200, 200])
  })
})

describe('the pause that a response asks for', () => {
  const DATE = new Date(START).toUTCString()
  const inSeconds = (seconds: number) => String(START / 1000 + seconds)

  test.each<[string, number, Record<string, string>, string, number | undefined]>([
    ['retry-after of any status', 503, { 'retry-after': '3' }, '', 3_000],
    [
      'retry-after before the end of a primary limit',
      403,
      { 'retry-after': '3', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(9) },
      '',
      3_000,
    ],
    [
      'the end of a primary limit, by GitHub’s own clock',
      429,
      { date: DATE, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(30) },
      '',
      30_000,
    ],
    [
      'no time at all once the primary limit has ended',
      403,
      { date: DATE, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(-5) },
      '',
      0,
    ],
    ['a minute for a secondary limit', 403, {}, 'You have exceeded a secondary rate limit', 60_000],
    [
      'none while requests remain',
      403,
      { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': inSeconds(30) },
      'Forbidden',
      undefined,
    ],
    ['none where the end is unreadable', 403, { 'x-ratelimit-remaining': '0' }, '', undefined],
    ['none of another status', 404, { 'x-ratelimit-remaining': '0' }, '', undefined],
  ])('is %s', (_what, status, headers, message, pause) => {
    expect(readPause({ status, headers }, message)).toBe(pause)
  })
})
