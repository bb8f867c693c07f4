import { describe, expect, test } from '@jest/globals'
import { createLimiter, readPause } from '../../src/github/limits.js'
import { createProfile } from '../../src/github/profile.js'
import { createService } from '../../src/http/service.js'
import {
  catchError,
  catchMessage,
  createFakeClock,
  createFakeExchange,
  FAKE_API_URL,
  type FakeReply,
  fakeClientPorts,
  START,
} from '../support/fakes.js'

/** A limiter and its requests, each open until `answer` is called. */
function createWork() {
  const clock = createFakeClock()
  const log: string[] = []
  const limit = createLimiter({ clock, info: (message) => log.push(message) })
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
  return { clock, log, limit, open, answers, start, settle, most: () => most }
}

describe('GitHub’s limits', () => {
  test.each([
    ['ten reads', 'GET', 10],
    ['four writes', 'PUT', 4],
  ])(
    '%s are open at the same time, and the others follow in order',
    async (_what, method, limit) => {
      const { start, settle, open, answers, most, clock } = createWork()
      const names = Array.from({ length: 12 }, (_, index) => `request ${index}`)
      const done = Promise.all(names.map((name) => start(method, name)))
      await settle()
      expect(open).toEqual(names.slice(0, limit))
      for (const name of names) {
        answers.get(name)?.()
        await settle()
      }
      expect(await done).toEqual(names)
      expect([most(), clock.slept]).toEqual([limit, []])
    },
  )

  test('a request that fails makes room for the next', async () => {
    const { limit } = createWork()
    const fail = () => Promise.reject(new Error('fake failure'))
    for (let count = 0; count < 10; count += 1) {
      expect(await catchMessage(() => limit('PUT', fail))).toBe('fake failure')
    }
    expect(await limit('PUT', async () => 'done')).toBe('done')
  })

  test('in any minute 80 writes, and the log says how long the next one waits', async () => {
    const most = 80
    const { limit, clock, log } = createWork()
    const ended: number[] = []
    const send = () =>
      limit('PUT', async () => {
        // They take a while, and the first of all the longest.
        await clock.sleep(ended.length === 0 ? 1_000 : 100)
        ended.push(clock.now())
      })
    const pauses = () => clock.slept.filter((ms) => ms !== 100 && ms !== 1_000)
    for (let count = 0; count < most; count += 1) await send()
    expect(pauses()).toEqual([])
    const wait = 60_000 - 100 * (most - 1)
    await send()
    expect(pauses()).toEqual([wait])
    expect(log).toEqual([
      `GitHub allows ${most} writes a minute. Waiting ${Math.ceil(wait / 1000)} s before the next one`,
    ])
    // The second, third and fourth were a tenth of a second later each: too short a wait to be announced.
    for (let count = 0; count < 3; count += 1) await send()
    expect(log).toHaveLength(1)
    for (const [index, time] of ended.slice(most).entries()) {
      expect(time - (ended[index] ?? 0)).toBeGreaterThanOrEqual(60_000)
    }
  })

  test('a request without an end keeps its place in the window', async () => {
    const { limit, clock, start, settle, answers } = createWork()
    const first = start('PUT', 'first')
    for (let count = 0; count < 80; count += 1) await limit('PUT', async () => undefined)
    expect(clock.slept).toEqual([60_000])
    answers.get('first')?.()
    await settle()
    expect(await first).toBe('first')
  })

  test('a pause that one request is asked for holds up every other that is not sent yet', async () => {
    const limit = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9999999999' }
    const failures: FakeReply[] = [
      { status: 403, headers: { ...limit, 'retry-after': '3' } },
      { status: 503, headers: { 'retry-after': '2' } },
      { status: 500 },
      { status: 429 },
      { status: 429, headers: limit },
    ]
    const { exchange } = createFakeExchange([...failures, {}])
    const ports = fakeClientPorts(exchange)
    const service = createService(
      createProfile(() => '', FAKE_API_URL),
      ports,
    )
    const send = () => service({ method: 'GET', url: FAKE_API_URL, headers: {} }, 1, () => 'read')
    for (const { status } of failures.map((reply) => ({ status: 500, ...reply }))) {
      expect(await catchError(send)).toMatchObject({ status })
    }
    // The last one asked for more than a job waits.
    expect(await send()).toBe('read')
    expect(ports.clock.slept).toEqual([3_000, 2_000, 1_000])
  })
})

describe('the pause that a response asks for', () => {
  const DATE = new Date(START).toUTCString()
  const inSeconds = (seconds: number) => String(START / 1000 + seconds)

  test.each<[string, number, Record<string, string>, string, number | undefined]>([
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
