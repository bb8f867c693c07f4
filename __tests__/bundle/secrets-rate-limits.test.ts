import { describe, expect } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { expectFailure } from '../support/messages.js'
import { testAction } from '../support/scenario.js'
import { expectTakenBack, lineOf, pathOf } from '../support/secret-outcomes.js'
import { listSecrets } from '../support/secrets.js'

const test = testAction('. with secrets')

/** Rate limits of GitHub, or of something in front of it; lifted a second later, or when a slow machine has asked. */
const LIMITS: readonly (readonly [string, () => Fault])[] = [
  ['a secondary limit (403)', () => ({ kind: 'status', status: 403, retryAfter: 1 })],
  ['a secondary limit (429)', () => ({ kind: 'status', status: 429, retryAfter: 1 })],
  [
    'a primary limit',
    () => ({
      kind: 'status',
      status: 403,
      headers: {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 100),
      },
    }),
  ],
  [
    'a plain 429 with Retry-After',
    () => ({ kind: 'status', status: 429, retryAfter: 1, body: 'slow down' }),
  ],
  [
    'a 403 with Retry-After in other words',
    () => ({ kind: 'status', status: 403, retryAfter: 1, body: { message: 'Slow down' } }),
  ],
  ['a 429 that names no time', () => ({ kind: 'status', status: 429, body: { message: 'busy' } })],
]

describe('a rate limit', () => {
  for (const [what, createFault] of LIMITS) {
    for (const [method, path] of [
      ['GET', '/public-key'],
      ['PUT', pathOf('actions')],
    ] as const) {
      test(`${what} on ${method} causes a pause`, async ({ succeed, sandbox, pauses }) => {
        sandbox.misbehave({ ...createFault(), method, path })
        await succeed()
        expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
        expect(sandbox.keys()).toHaveLength(1)
        const [first, second, ...more] = sandbox.requests.filter(
          (request) => request.method === method && request.path.endsWith(path),
        )
        expect(more).toEqual([])
        expect(first?.status).toBeGreaterThanOrEqual(403)
        expect(second?.status).toBeLessThan(300)
        expect(pauses()).toHaveLength(1)
        expect(pauses()[0]).toBeGreaterThan(900)
      })
    }
  }

  test('that lasts long ends the step; the key is revoked', async ({ main, sandbox, pauses }) => {
    const path = pathOf('actions')
    sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 3600, method: 'PUT', path })
    const result = await main()
    expectTakenBack(result, sandbox, [])
    expectFailure(result, 'GitHub returned 429')
    expect(pauses()).toEqual([])
  })

  test('counts as one of four attempts, among other failures', async ({ main, sandbox }) => {
    const path = '/public-key'
    for (const status of [502, 403, 502, 429, 502]) {
      sandbox.misbehave({ kind: 'status', status, retryAfter: 1, method: 'GET', path })
    }
    const result = await main()
    expect(result.exitCode).toBe(1)
    const asked = sandbox.requests.filter((request) => request.path.endsWith(path))
    expect(asked.map(({ status }) => status)).toEqual([502, 403, 502, 429])
    expect(sandbox.keys()).toEqual([])
  })

  test('after a lost response does not hide what was written', async ({ main, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 502, after: 'work', method: 'PUT' })
    sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 3600, method: 'PUT' })
    expectTakenBack(await main(), sandbox, [])
  })

  test('a 503 is retried no sooner than its Retry-After', async ({ succeed, sandbox, pauses }) => {
    sandbox.misbehave({ kind: 'status', status: 503, retryAfter: 3, path: '/public-key' })
    await succeed()
    expect(pauses()).toEqual([3_000])
  })
})
