import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/core/errors.js'
import { createManagementApi } from '../../src/junction/client.js'
import type { KeyRequest } from '../../src/junction/responses.js'
import {
  catchError,
  createFakeClock,
  createFakeExchange,
  FAKE_API_URL,
  type FakeReply,
  fakeClientPorts,
  START,
  UPTIME,
} from '../support/fakes.js'

const ORG_ID = 'fake-org'
const ADDRESS = { apiUrl: FAKE_API_URL, orgId: ORG_ID, orgKey: 'mg_fake_org_key_0000' }
const COLLECTION = '/v1/org/fake-org/management_key'
const REQUEST: KeyRequest = { label: 'preview "42" %0A', teamIds: ['fake-team-a'] }
const BUSY: FakeReply = { status: 503 }
const NEW_KEY = { id: 'fake-key-id', key: 'mg_fake_new_key' }

function createApi(replies: readonly FakeReply[], orgId = ORG_ID) {
  const { exchange, requests, headers } = createFakeExchange(replies)
  const ports = fakeClientPorts(exchange)
  const api = createManagementApi({ ...ADDRESS, orgId }, ports)
  return { ...ports, api, requests, headers }
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

test('a 429 slows down the requests that run at the same time', async () => {
  const busy = { status: 429, headers: { 'retry-after': '3' } }
  const { exchange, requests } = createFakeExchange([busy, { body: null }, { body: null }])
  const clock = createFakeClock()
  let endPauses: () => void = () => undefined
  const end = new Promise<void>((resolve) => {
    endPauses = resolve
  })
  const sleep = (ms: number) => end.then(() => clock.sleep(ms))
  const ports = { ...fakeClientPorts(exchange), clock: { ...clock, sleep } }
  const api = createManagementApi(ADDRESS, ports)
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const first = api.revokeKey('fake-key-1')
  await settle()
  const second = api.revokeKey('fake-key-2')
  await settle()
  expect(requests).toHaveLength(1)
  endPauses()
  expect(await Promise.all([first, second])).toEqual([{ status: 'revoked' }, { status: 'revoked' }])
  expect(clock.slept).toEqual([3_000, 3_000])
})

describe('createKey', () => {
  test.each([200, 201, 202])('gives the key of a %d', async (status) => {
    const { api } = createApi([{ status, body: NEW_KEY }])
    expect(await api.createKey(REQUEST, 1)).toMatchObject({
      id: 'fake-key-id',
      value: 'mg_fake_new_key',
    })
  })
})

describe('findKeys', () => {
  const findIds = async (keys: readonly unknown[], request = REQUEST) => {
    const found = await createApi([page(keys)]).api.findKeys(request)
    return [found.keys.map(({ id }) => id), found.possible.map(({ id }) => id)]
  }

  describe('filters', () => {
    const bind = (...teams: string[]) => ({
      team_role_bindings: teams.map((team) => ({ team_id: `fake-team-${team}` })),
    })

    test.each<[string, Readonly<Record<string, unknown>>, 'matches' | 'is possible' | 'is none']>([
      ['the teams in another order', bind('b', 'a'), 'matches'],
      ['the teams in another case', bind('A', 'B'), 'matches'],
      ['a team twice', bind('a', 'b', 'a'), 'matches'],
      ['one of the teams', bind('a'), 'is none'],
      ['another team instead of one', bind('a', 'c'), 'is none'],
      ['more teams', bind('a', 'b', 'c'), 'is none'],
      ['no teams', bind(), 'is none'],
      ['no role', { role: null }, 'matches'],
      ['an unknown role', { role: 'fake_new_role' }, 'is none'],
      ['a longer label', { label: `${REQUEST.label}0` }, 'is none'],
      ['no label', { label: null }, 'is possible'],
      ['no label, and other teams', { label: null, ...bind('b') }, 'is none'],
      ['no label, and another role', { label: null, role: 'org_admin' }, 'is none'],
      ['no field for teams', { team_role_bindings: undefined }, 'is possible'],
      ['unknown teams', { team_role_bindings: null }, 'is possible'],
      ['unknown teams, and another label', { team_role_bindings: null, label: 'x' }, 'is none'],
      ['unknown teams, another role', { team_role_bindings: null, role: 'org_admin' }, 'is none'],
    ])('a key with %s', async (_what, overrides, verdict) => {
      const request = { ...REQUEST, teamIds: ['fake-team-a', 'fake-team-b'] }
      const key = listed('x', { ...bind('a', 'b'), ...overrides })
      const found = ['matches', 'is possible'].map((one) => (one === verdict ? ['x'] : []))
      expect(await findIds([key], request)).toEqual(found)
    })
  })

  describe('pages', () => {
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
      const received = { receivedAt: START, receivedUptime: UPTIME }
      expect(await api.findKeys(REQUEST)).toMatchObject({ serverTime: undefined, ...received })
    })
  })
})

describe('revokeKey', () => {
  test('deletes the key, its id encoded', async () => {
    const { api, requests } = createApi([{ body: 'null' }])
    await api.revokeKey('../x?y')
    expect(requests).toEqual([{ method: 'DELETE', path: `${COLLECTION}/..%2Fx%3Fy` }])
  })

  test('is content with the key, its id in capitals', async () => {
    const { api } = createApi([{ body: listed('FAKE-KEY-ID') }])
    const { label } = REQUEST
    expect(await api.revokeKey('fake-key-id')).toStrictEqual({ status: 'revoked', label })
  })
})
