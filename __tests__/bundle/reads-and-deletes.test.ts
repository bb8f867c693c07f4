import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { withHttpServer } from '../support/http-server.js'
import { expectFailure } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { testAction, withAction } from '../support/scenario.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'

const testCreate = testAction('.')

const PASSING: readonly Fault[] = [
  { kind: 'status', status: 429, retryAfter: 1 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502, body: 'Bad Gateway' },
  { kind: 'reset' },
  { kind: 'reset', when: 'work' },
  { kind: 'hold' },
  { kind: 'truncate' },
]

const LIST_ONLY: readonly Fault[] = [{ kind: 'garble' }, { kind: 'omit', fields: ['data'] }]

describe('reading the list', () => {
  for (const fault of [...PASSING, ...LIST_ONLY]) {
    testCreate(`is repeated after ${JSON.stringify(fault)}`, async ({ succeed, sandbox }) => {
      sandbox.misbehave({ ...fault, method: 'GET' })
      await succeed({
        dry_run: 'true',
        timeout_seconds: fault.kind === 'hold' ? '5' : '60',
      })
      expect(countRequests(sandbox, 'GET')).toBe(2)
    })
  }

  testCreate.each([400, 401, 403, 404, 422])(
    'is not repeated after %d',
    async (scenario, status) => {
      const { main, sandbox } = scenario
      sandbox.misbehave({ kind: 'status', status, method: 'GET', times: Infinity })
      const run = await main({ if_exists: 'replace' })
      expectFailure(run, String(status))
      expect(sandbox.requests).toHaveLength(1)
    },
  )

  testCreate('does not follow a redirect', async ({ main, sandbox }) => {
    const location = `${sandbox.managementUrl}/v1/elsewhere`
    sandbox.misbehave({ kind: 'redirect', location, method: 'GET' })
    const run = await main({ dry_run: 'true' })
    expectFailure(run, /307.*not followed.*api_url/)
    expect(sandbox.requests).toHaveLength(1)
  })

  test.concurrent.each(['a', 'ab'])('stops when cursors come again in the circle %s', (circle) => {
    let answered = 0
    return withHttpServer(
      (_request, response) => {
        const next_cursor = circle[answered % circle.length]
        answered += 1
        response.end(JSON.stringify({ data: [], next_cursor }))
      },
      (url) =>
        withAction('.', async ({ main }) => {
          const run = await main({ if_exists: 'replace', api_url: url })
          expectFailure(run, 'the same next_cursor twice')
          expect(answered).toBe(circle.length + 1)
        }),
    )
  })

  test.concurrent('sends each cursor back unchanged', () => {
    const cursors = ['a b+c/d=&e%20', 'ü"\\', '']
    const asked: (string | null)[] = []
    return withHttpServer(
      (request, response) => {
        asked.push(new URL(request.url ?? '', 'http://localhost').searchParams.get('next_cursor'))
        response.end(JSON.stringify({ data: [], next_cursor: cursors[asked.length - 1] }))
      },
      (url) =>
        withAction('.', async ({ succeed }) => {
          await succeed({ dry_run: 'true', api_url: url })
          expect(asked).toEqual([null, ...cursors.slice(0, 2)])
        }),
    )
  })
})

describe('revoking a key', () => {
  for (const fault of PASSING) {
    testCreate(`is repeated after ${JSON.stringify(fault)}`, async ({ main, clean, sandbox }) => {
      const created = await main()
      sandbox.misbehave({ ...fault, method: 'DELETE' })
      await clean(created, {
        revoke: 'always',
        timeout_seconds: fault.kind === 'hold' ? '5' : '60',
      })
      expect(countRequests(sandbox, 'DELETE')).toBe(2)
      expect(sandbox.activeKeys()).toEqual([])
    })
  }

  testCreate.each([400, 401, 403, 422])('is not repeated after %d', async (scenario, status) => {
    const { main, post, sandbox } = scenario
    const created = await main()
    sandbox.misbehave({ kind: 'status', status, method: 'DELETE', times: Infinity })
    const cleaned = await post(created, { revoke: 'always' })
    expect(cleaned.exitCode).toBe(0)
    expect(countRequests(sandbox, 'DELETE')).toBe(1)
    expect(findUnreportedKeys(sandbox, [cleaned])).toEqual([])
  })

  testCreate('needs no body in the response', async ({ main, clean, sandbox }) => {
    const created = await main()
    sandbox.misbehave({
      kind: 'status',
      status: 200,
      body: null,
      after: 'work',
      method: 'DELETE',
    })
    await clean(created, { revoke: 'always' })
    expect(sandbox.activeKeys()).toEqual([])
  })
})
