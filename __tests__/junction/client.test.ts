import { describe, expect, test } from '@jest/globals'
import {
  ActionError,
  ConnectionError,
  HttpStatusError,
  UnreadableResponseError,
} from '../../src/core/errors.js'
import { createManagementApi, type KeyRequest } from '../../src/junction/client.js'
import { USER_AGENT } from '../../src/version.js'
import {
  catchError,
  catchMessage,
  createFakeClock,
  createFakeExchange,
  FAKE_API_URL,
  type FakeReply,
  START,
  UPTIME,
} from '../support/fakes.js'

const ORG_ID = 'fake-org'
const ADDRESS = { apiUrl: FAKE_API_URL, orgId: ORG_ID, orgKey: 'mg_fake_org_key_0000' }
const COLLECTION = '/v1/org/fake-org/management_key'
const REQUEST: KeyRequest = { label: 'preview "42" %0A', teamIds: ['fake-team-a'] }
const BUSY: FakeReply = { status: 503 }
const NEW_KEY = { id: 'fake-key-id', key: 'mg_fake_new_key' }

/** A client with an exchange that returns these replies in order. */
function createApi(replies: readonly FakeReply[], orgId = ORG_ID) {
  const clock = createFakeClock()
  const { exchange, requests, headers } = createFakeExchange(replies)
  const debugged: string[] = []
  const api = createManagementApi(
    { ...ADDRESS, orgId },
    {
      exchange,
      clock,
      debug: (message) => debugged.push(message),
      scrub: (text) => text.replaceAll('fake secret', '***'),
    },
  )
  return { api, clock, requests, headers, debugged }
}

/** A key in the key list, which matches `REQUEST` by default. */
function listed(id: string, overrides: Readonly<Record<string, unknown>> = {}) {
  return {
    id,
    label: REQUEST.label,
    role: 'team_admin',
    team_role_bindings: [{ team_id: 'fake-team-a' }],
    created_at: '2026-01-02T03:04:00Z',
    ...overrides,
  }
}

function page(keys: readonly unknown[], nextCursor: string | null = null): FakeReply {
  return { body: { data: keys, next_cursor: nextCursor } }
}

test('every request has the key in one header, and a User-Agent', async () => {
  const { api, headers } = createApi([{ body: NEW_KEY }, page([]), { body: 'null' }])
  await api.createKey(REQUEST, 1)
  await api.findKeys(REQUEST)
  await api.revokeKey('fake-key-id')
  const common = {
    accept: 'application/json',
    'user-agent': USER_AGENT,
    'x-management-key': ADDRESS.orgKey,
  }
  expect(headers).toEqual([{ ...common, 'content-type': 'application/json' }, common, common])
})

describe('createKey', () => {
  describe('sends one body that both the schema and the example accept', () => {
    test('for one team', async () => {
      const { api, requests } = createApi([{ body: NEW_KEY }])
      await api.createKey(REQUEST, 1)
      expect(requests).toEqual([
        {
          method: 'POST',
          path: COLLECTION,
          body: {
            label: REQUEST.label,
            role: 'team_admin',
            team_role_bindings: [{ team_id: 'fake-team-a' }],
            team_id: 'fake-team-a',
          },
        },
      ])
    })

    test('for several teams, without team_id', async () => {
      const { api, requests } = createApi([{ body: NEW_KEY }])
      await api.createKey({ label: 'fake', teamIds: ['fake-team-b', 'fake-team-a'] }, 1)
      expect(requests[0]?.body).toEqual({
        label: 'fake',
        role: 'team_admin',
        team_role_bindings: [{ team_id: 'fake-team-b' }, { team_id: 'fake-team-a' }],
      })
    })
  })

  test.each([200, 201, 202])('gives the key of a %d', async (status) => {
    const { api } = createApi([{ status, body: NEW_KEY }])
    expect(await api.createKey(REQUEST, 1)).toMatchObject({
      id: 'fake-key-id',
      value: 'mg_fake_new_key',
    })
  })

  test('encodes the organization', async () => {
    const { api, requests } = createApi([{ body: NEW_KEY }], 'a/../b?c#d')
    await api.createKey(REQUEST, 1)
    expect(requests[0]?.path).toBe('/v1/org/a%2F..%2Fb%3Fc%23d/management_key')
  })

  describe('is never repeated by this layer', () => {
    test.each<[string, FakeReply, unknown]>([
      ['429', { status: 429, headers: { 'retry-after': '0' } }, HttpStatusError],
      ['503', BUSY, HttpStatusError],
      ['422', { status: 422 }, HttpStatusError],
      ['302', { status: 302 }, HttpStatusError],
      ['199', { status: 199 }, HttpStatusError],
      ['no connection', new ConnectionError('fake', 'unreachable'), ConnectionError],
      ['a lost connection', new ConnectionError('fake', 'broken'), ConnectionError],
      ['an empty 204', { status: 204 }, UnreadableResponseError],
      ['an unreadable 200', { body: '<html>' }, UnreadableResponseError],
    ])('after %s', async (_what, reply, type) => {
      const { api, requests, clock } = createApi([reply, { body: NEW_KEY }])
      expect(await catchError(() => api.createKey(REQUEST, 1))).toBeInstanceOf(type)
      expect(requests).toHaveLength(1)
      expect(clock.slept).toEqual([])
    })
  })

  test('reports the ID when only that is readable', async () => {
    const { api } = createApi([{ body: { id: 'fake-key-id' } }])
    const error = await catchError(() => api.createKey(REQUEST, 1))
    expect(error).toMatchObject({ name: 'UnreadableResponseError', keyId: 'fake-key-id' })
    expect(String(error)).toContain('the request to create a Management Key is unreadable')
  })

  test('says what failed, without secrets', async () => {
    const { api } = createApi([{ status: 422, body: { detail: 'fake secret is bad' } }])
    expect(await catchMessage(() => api.createKey(REQUEST, 1))).toBe(
      'The Management API returned 422 for the request to create a Management Key: *** is bad',
    )
  })

  test.each(['unreachable', 'untrusted', 'broken'] as const)(
    'reports how far a failed connection came: %s',
    async (failure) => {
      const { api } = createApi([new ConnectionError('fake reason', failure)])
      expect(await catchError(() => api.createKey(REQUEST, 1))).toMatchObject({
        name: 'ConnectionError',
        failure,
        message: expect.stringMatching(/create a Management Key got no response.*: fake reason$/),
      })
    },
  )
})

describe('findKeys', () => {
  const findIds = async (keys: readonly unknown[], request = REQUEST) => {
    const found = await createApi([page(keys)]).api.findKeys(request)
    return [found.keys.map(({ id }) => id), found.possible.map(({ id }) => id)]
  }

  test('filters by the first team and the role', async () => {
    const { api, requests } = createApi([page([])])
    await api.findKeys({ label: 'fake', teamIds: ['fake-team-b', 'fake-team-a'] })
    expect(requests).toEqual([
      {
        method: 'GET',
        path: COLLECTION,
        query: { team_id: 'fake-team-b', role: 'team_admin' },
      },
    ])
  })

  describe('filters', () => {
    test.each<[string, Readonly<Record<string, unknown>>, boolean]>([
      ['the same label', {}, true],
      ['a label in another case', { label: REQUEST.label.toUpperCase() }, false],
      ['a label with a space more', { label: `${REQUEST.label} ` }, false],
      ['a longer label', { label: `${REQUEST.label}0` }, false],
      ['no role', { role: null }, true],
      ['another role', { role: 'org_admin' }, false],
      ['an unknown role', { role: 'fake_new_role' }, false],
      ['another team', { team_role_bindings: [{ team_id: 'fake-team-b' }] }, false],
      ['no teams', { team_role_bindings: [] }, false],
      ['the team in another case', { team_role_bindings: [{ team_id: 'FAKE-TEAM-A' }] }, true],
      [
        'the team twice',
        { team_role_bindings: [{ team_id: 'fake-team-a' }, { team_id: 'fake-team-a' }] },
        true,
      ],
      [
        'more teams',
        { team_role_bindings: [{ team_id: 'fake-team-a' }, { team_id: 'fake-team-b' }] },
        false,
      ],
    ])('%s', async (_what, overrides, isMatch) => {
      expect(await findIds([listed('fake-id', overrides)])).toEqual([
        isMatch ? ['fake-id'] : [],
        [],
      ])
    })

    test.each([
      [['fake-team-a', 'fake-team-b'], true],
      [['fake-team-b', 'fake-team-a'], true],
      [['fake-team-a'], false],
      [['fake-team-a', 'fake-team-c'], false],
      [['fake-team-a', 'fake-team-b', 'fake-team-c'], false],
    ])('%j against two teams', async (teamIds, isMatch) => {
      const bindings = teamIds.map((teamId) => ({ team_id: teamId }))
      const request = { ...REQUEST, teamIds: ['fake-team-a', 'fake-team-b'] }
      const found = await findIds([listed('x', { team_role_bindings: bindings })], request)
      expect(found).toEqual([isMatch ? ['x'] : [], []])
    })

    test('keys of unknown label are possible, if teams and role fit', async () => {
      const nameless = { label: null }
      const other = { team_role_bindings: [{ team_id: 'fake-team-b' }] }
      expect(
        await findIds([
          listed('a', nameless),
          listed('b', { ...nameless, ...other }),
          listed('c', { ...nameless, role: 'org_admin' }),
        ]),
      ).toEqual([[], ['a']])
    })

    test('keys of unknown teams are possible, if label and role fit', async () => {
      expect(
        await findIds([
          listed('a', { team_role_bindings: undefined }),
          listed('b', { team_role_bindings: null }),
          listed('c', { team_role_bindings: null, label: 'other' }),
          listed('d', { team_role_bindings: null, role: 'org_admin' }),
        ]),
      ).toEqual([[], ['a', 'b']])
    })
  })

  describe('pages', () => {
    test('are followed to the last', async () => {
      const { api, requests } = createApi([
        page([listed('a')], 'c1'),
        page([], 'c2'),
        page([listed('b', { team_role_bindings: null })], 'c3'),
        page([listed('c')]),
      ])
      const found = await api.findKeys(REQUEST)
      expect(found.keys.map(({ id }) => id)).toEqual(['a', 'c'])
      expect(found.possible.map(({ id }) => id)).toEqual(['b'])
      expect(requests.map(({ query }) => query)).toEqual(
        [undefined, 'c1', 'c2', 'c3'].map((cursor) => ({
          team_id: 'fake-team-a',
          role: 'team_admin',
          ...(cursor === undefined ? {} : { next_cursor: cursor }),
        })),
      )
    })

    test.each<[string, readonly string[]]>([
      ['at once', ['c1', 'c1']],
      ['in a larger circle', ['c1', 'c2', 'c3', 'c1']],
    ])('are refused when the same cursor comes twice, %s', async (_what, cursors) => {
      const replies = cursors.map((cursor) => page([listed('a')], cursor))
      const { api, requests } = createApi([...replies, page([])])
      const error = await catchError(() => api.findKeys(REQUEST))
      expect(error).toBeInstanceOf(ActionError)
      expect(String(error)).toContain('the same next_cursor twice')
      expect(requests).toHaveLength(cursors.length)
    })

    test('are refused beyond a thousand', async () => {
      const replies = Array.from({ length: 1_001 }, (_, at) => page([], `c${at}`))
      const { api, requests } = createApi(replies)
      const error = await catchError(() => api.findKeys(REQUEST))
      expect(error).toBeInstanceOf(ActionError)
      expect(String(error)).toContain('more than 1000 pages')
      expect(requests).toHaveLength(1_000)
    })

    test('give each key once, however often it is listed', async () => {
      const { api } = createApi([
        page([listed('a'), listed('b'), listed('b')], 'c1'),
        page([listed('B'), listed('a'), listed('c')]),
      ])
      const found = await api.findKeys(REQUEST)
      expect(found.keys.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    })

    test('may contain more keys than a call accepts arguments', async () => {
      const keys = Array.from({ length: 130_000 }, (_, at) => listed(`k${at}`))
      const found = await createApi([page(keys)]).api.findKeys(REQUEST)
      expect(found.keys).toHaveLength(keys.length)
    })

    test('are repeated one by one', async () => {
      const { api, requests } = createApi([
        page([listed('a')], 'c1'),
        BUSY,
        page([listed('b')], 'c2'),
        BUSY,
        BUSY,
        page([listed('c')]),
      ])
      const found = await api.findKeys(REQUEST)
      expect(found.keys.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
      expect(requests.map(({ query }) => query?.['next_cursor'])).toEqual([
        ...[undefined, 'c1', 'c1', 'c2', 'c2', 'c2'],
      ])
    })
  })

  describe('the time of the response', () => {
    const dated = (reply: FakeReply, date: string): FakeReply => ({ ...reply, headers: { date } })

    test('is the service’s own, with this machine’s beside it, both of the first page', async () => {
      const { api } = createApi([
        BUSY,
        dated(page([], 'c1'), 'Fri, 02 Jan 2026 05:00:00 GMT'),
        BUSY,
        dated(page([]), 'Fri, 02 Jan 2026 06:00:00 GMT'),
      ])
      expect(await api.findKeys(REQUEST)).toMatchObject({
        serverTime: Date.parse('2026-01-02T05:00:00Z'),
        receivedAt: START + 250,
      })
    })

    test.each([
      {},
      { date: 'today' },
      { date: '2026-01-02T05:00:00Z' },
      { date: 'Fri, 02 Jan 2026 05:00:00 +0200' },
      { date: 'Sat, 02 Jan 2026 05:00:00 GMT' },
      { date: 'Fri, 32 Jan 2026 05:00:00 GMT' },
      { date: 'Invalid Date' },
    ])('is unknown with the headers %j', async (headers) => {
      const { api } = createApi([{ ...page([]), headers }])
      expect(await api.findKeys(REQUEST)).toEqual({
        keys: [],
        possible: [],
        serverTime: undefined,
        receivedAt: START,
        receivedUptime: UPTIME,
      })
    })
  })

  describe('when the service fails', () => {
    test.each<[string, FakeReply]>([
      ['429', { status: 429 }],
      ['500', { status: 500 }],
      ['503', BUSY],
      ['no connection', new ConnectionError('fake', 'unreachable')],
      ['a lost connection', new ConnectionError('fake', 'broken')],
      ['an unreadable response', { body: '{"data":[' }],
    ])('tries again after %s', async (_what, reply) => {
      const { api, requests, clock } = createApi([reply, page([listed('a')])])
      expect((await api.findKeys(REQUEST)).keys).toHaveLength(1)
      expect(requests).toHaveLength(2)
      expect(clock.slept).toEqual([250])
    })

    test.each<[string, FakeReply]>([
      ['401', { status: 401 }],
      ['403', { status: 403 }],
      ['404', { status: 404 }],
      ['422', { status: 422 }],
      ['302', { status: 302 }],
      ['a certificate that is not trusted', new ConnectionError('fake', 'untrusted')],
    ])('does not after %s', async (_what, reply) => {
      const { api, requests } = createApi([reply, page([])])
      const message = await catchMessage(() => api.findKeys(REQUEST))
      expect(message).toMatch(/the request to list the Management Keys/i)
      expect(requests).toHaveLength(1)
    })

    test('waits as long as it asks', async () => {
      const { api, clock } = createApi([
        { status: 429, headers: { 'retry-after': '11' } },
        page([]),
      ])
      await api.findKeys(REQUEST)
      expect(clock.slept).toEqual([11_000])
    })

    test('gives up after five attempts', async () => {
      const { api, requests } = createApi([BUSY, BUSY, BUSY, BUSY, BUSY, page([])])
      expect(await catchError(() => api.findKeys(REQUEST))).toMatchObject({ status: 503 })
      expect(requests).toHaveLength(5)
    })
  })
})

describe('revokeKey', () => {
  test('deletes the key, its id encoded', async () => {
    const { api, requests } = createApi([{ body: 'null' }])
    await api.revokeKey('../x?y')
    expect(requests).toEqual([{ method: 'DELETE', path: `${COLLECTION}/..%2Fx%3Fy` }])
  })

  test.each<[string, FakeReply]>([
    ['null', { body: 'null' }],
    ['the key', { body: listed('fake-key-id') }],
    ['the key, its id in capitals', { body: listed('FAKE-KEY-ID') }],
  ])('is content with %s', async (_what, reply) => {
    const { api, requests } = createApi([reply])
    expect(await api.revokeKey('fake-key-id')).toBe('revoked')
    expect(requests).toHaveLength(1)
  })

  test.each<[string, FakeReply]>([
    ['nothing', { status: 204 }],
    ['null that is not yet true', { status: 202, body: 'null' }],
    ['no JSON', { body: 'gone' }],
    ['a page of a portal', { body: '<html>Sign in</html>' }],
    ['another key', { body: listed('another-id') }],
    ['a list', { body: { data: [], next_cursor: null } }],
    ['an empty object', { body: {} }],
  ])('retries after a response that confirms nothing: %s', async (_what, reply) => {
    const { api, requests } = createApi([reply, { body: 'null' }])
    expect(await api.revokeKey('fake-key-id')).toBe('revoked')
    expect(requests).toHaveLength(2)
    const stubborn = createApi(Array.from({ length: 6 }, () => reply))
    const error = await catchError(() => stubborn.api.revokeKey('fake-key-id'))
    expect(error).toBeInstanceOf(UnreadableResponseError)
    expect(String(error)).toContain('the request to revoke Management Key fake-key-id')
    expect(stubborn.requests).toHaveLength(5)
  })

  describe('a 404', () => {
    const NOT_FOUND = { status: 404, body: 'default backend - 404' }

    test('counts when the whole list of the organization shows that the key is gone', async () => {
      const { api, requests } = createApi([NOT_FOUND, page([listed('a')], 'next'), page([])])
      expect(await api.revokeKey('fake-key-id')).toBe('gone')
      expect(requests.slice(1)).toEqual([
        { method: 'GET', path: COLLECTION },
        { method: 'GET', path: COLLECTION, query: { next_cursor: 'next' } },
      ])
    })

    test('counts as revoked after a lost response', async () => {
      const lost = new ConnectionError('fake', 'broken')
      const { api } = createApi([lost, NOT_FOUND, page([])])
      expect(await api.revokeKey('fake-key-id')).toBe('revoked')
    })

    test.each<[string, readonly FakeReply[], RegExp]>([
      [
        'the key is still listed',
        [page([listed('a')], 'next'), page([listed('FAKE-KEY-ID')])],
        /\. The key list still contains it$/,
      ],
      ['there is no list either', [NOT_FOUND], /could not confirm that it is gone: .* 404/],
    ])('does not count when %s', async (_what, replies, problem) => {
      const { api, requests } = createApi([NOT_FOUND, ...replies])
      const error = await catchError(() => api.revokeKey('fake-key-id'))
      expect(error).toBeInstanceOf(ActionError)
      expect(String(error)).toMatch(/returned 404 for the request to revoke .*Check that org_id/)
      expect(String(error)).toMatch(problem)
      expect(requests).toHaveLength(1 + replies.length)
    })
  })

  test.each([401, 403, 405, 410, 422])('fails at once with %d', async (status) => {
    const { api, requests } = createApi([{ status }, { body: 'null' }])
    const error = await catchError(() => api.revokeKey('fake-key-id'))
    expect(error).toMatchObject({ status })
    expect(String(error)).toContain('the request to revoke Management Key fake-key-id')
    expect(requests).toHaveLength(1)
  })

  test('tries five times', async () => {
    const { api, requests, clock } = createApi([BUSY, BUSY, BUSY, BUSY, BUSY, { body: 'null' }])
    expect(await catchError(() => api.revokeKey('fake-key-id'))).toMatchObject({ status: 503 })
    expect(requests).toHaveLength(5)
    expect(clock.slept).toEqual([250, 500, 1_000, 2_000])
  })
})

describe('debug logging', () => {
  test('shows method, path, outcome, duration and attempt of every request', async () => {
    const lost = new ConnectionError('fake loss', 'broken')
    const { api, debugged } = createApi([
      { body: NEW_KEY },
      BUSY,
      lost,
      page([], 'fake-cursor'),
      page([]),
      { status: 404 },
      page([]),
    ])
    await api.createKey(REQUEST, 3)
    await api.findKeys(REQUEST)
    await api.revokeKey('fake-key-id')
    expect(debugged).toEqual([
      `POST /management${COLLECTION} → 200 in 0 ms (attempt 3)`,
      `GET /management${COLLECTION} → 503 in 0 ms (attempt 1)`,
      `GET /management${COLLECTION} → fake loss in 0 ms (attempt 2)`,
      `GET /management${COLLECTION} → 200 in 0 ms (attempt 3)`,
      `GET /management${COLLECTION} → 200 in 0 ms (attempt 1)`,
      `DELETE /management${COLLECTION}/fake-key-id → 404 in 0 ms (attempt 1)`,
      `GET /management${COLLECTION} → 200 in 0 ms (attempt 1)`,
    ])
  })

  test('measures the duration', async () => {
    const clock = createFakeClock()
    const debugged: string[] = []
    const api = createManagementApi(ADDRESS, {
      exchange: async () => {
        await clock.sleep(42)
        return { status: 200, headers: {}, body: 'null' }
      },
      clock,
      debug: (message) => debugged.push(message),
      scrub: (text) => text,
    })
    await api.revokeKey('x')
    expect(debugged).toEqual([expect.stringContaining('→ 200 in 42 ms')])
  })
})
