import { describe, expect, test } from '@jest/globals'
import { startSandbox } from '../../sandbox/server.js'
import type { Sandbox } from '../../sandbox/types.js'

const STRANGER = '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b'

describe('the sandbox rejects what the Management API rejects', () => {
  test.concurrent.each([
    ['no body', undefined, 'body'],
    ['a body that is not JSON', '{"label":', 'body.0'],
    ['a list', [], 'body'],
    ['no label and no role', { team_role_bindings: [] }, 'body.label body.role'],
    ['a label that is not a string', { label: 7, role: 'team_admin' }, 'body.label'],
    ['an unknown role', { label: 'x', role: 'owner' }, 'body.role'],
    [
      'bindings that are no list',
      { label: 'x', role: 'team_admin', team_role_bindings: 'x' },
      'body.team_role_bindings',
    ],
    [
      'a binding without a team, and one whose team is not a UUID',
      { label: 'x', role: 'team_admin', team_role_bindings: [{}, { team_id: 'x' }] },
      'body.team_role_bindings.0.team_id body.team_role_bindings.1.team_id',
    ],
    [
      'a key for no team',
      { label: 'x', role: 'team_admin', team_role_bindings: [] },
      'body.team_role_bindings',
    ],
    [
      'the published example’s body, which lacks the role',
      { label: 'x', team_id: STRANGER },
      'body.role',
    ],
  ])('a create with %s: 422', (_, body, places) =>
    withSandbox(async (sandbox) => {
      const response = await send(sandbox, 'POST', '', body)
      expect(response.status).toBe(422)
      expect(await readPlaces(response)).toBe(places)
      expect(sandbox.keys()).toEqual([])
    }),
  )

  test.concurrent('a list with invalid filters: 422', () =>
    withSandbox(async (sandbox) => {
      const response = await send(sandbox, 'GET', '?team_id=x&role=owner&next_cursor=stale')
      expect(response.status).toBe(422)
      expect(await readPlaces(response)).toBe('query.team_id query.role query.next_cursor')
    }))

  test.concurrent('a revocation of an invalid UUID: 422, of a missing key: 404', () =>
    withSandbox(async (sandbox) => {
      expect((await send(sandbox, 'DELETE', '/x')).status).toBe(422)
      expect((await send(sandbox, 'DELETE', `/${STRANGER}`)).status).toBe(404)
    }))

  test.concurrent('no key, the deprecated header, an unknown key: 401', () =>
    withSandbox(async (sandbox) => {
      const url = `${sandbox.managementUrl}/v1/org/${sandbox.orgId}/management_key`
      for (const headers of [
        {},
        { 'x-vital-org-key': sandbox.orgKey },
        { 'x-management-key': 'mg_unknown' },
        { authorization: `Bearer ${sandbox.orgKey}` },
      ]) {
        expect((await fetch(url, { headers })).status).toBe(401)
      }
    }))

  test.concurrent('a Team Management Key, and a request for an Org Management Key: 403', () =>
    withSandbox(async (sandbox) => {
      const { key } = sandbox.addKey({ label: 'team', teamIds: sandbox.teamIds.slice(0, 1) })
      expect((await send(sandbox, 'GET', '', undefined, key)).status).toBe(403)
      const wish = { label: 'x', role: 'org_admin' }
      expect((await send(sandbox, 'POST', '', wish)).status).toBe(403)
    }))

  test.concurrent('a team that is not one of a Team Management Key: 403, one that is: 200', () =>
    withSandbox(async ({ managementUrl, orgId, teamIds, addKey }) => {
      const { key } = addKey({ label: 'team', teamIds: teamIds.slice(0, 1) })
      const statuses = await Promise.all(
        teamIds.slice(0, 2).map(async (team) => {
          const url = `${managementUrl}/v1/org/${orgId}/team/${team}`
          return (await fetch(url, { headers: { 'x-management-key': key } })).status
        }),
      )
      expect(statuses).toEqual([200, 403])
    }))

  test.concurrent('another organization and another organization’s team: 404', () =>
    withSandbox(async (sandbox) => {
      const headers = { 'x-management-key': sandbox.orgKey }
      const url = `${sandbox.managementUrl}/v1/org/${STRANGER}/management_key`
      expect((await fetch(url, { headers })).status).toBe(404)
      const team_role_bindings = [{ team_id: STRANGER }]
      const body = { label: 'x', role: 'team_admin', team_role_bindings }
      expect((await send(sandbox, 'POST', '', body)).status).toBe(404)
    }))

  test.concurrent('a revoked key: 401', () =>
    withSandbox(async (sandbox) => {
      await send(sandbox, 'DELETE', `/${sandbox.orgKeyId}`)
      expect((await send(sandbox, 'GET', '')).status).toBe(401)
    }))
})

describe('the sandbox responds as the Management API does', () => {
  test.concurrent('a new key shows its value once', () =>
    withSandbox(async (sandbox) => {
      const [team_id = ''] = sandbox.teamIds
      const team_role_bindings = [{ team_id }]
      const body = { label: 'x', role: 'team_admin', team_role_bindings }
      const created: unknown = await (await send(sandbox, 'POST', '', body)).json()
      const [made] = sandbox.activeKeys()
      const shown = {
        id: made?.id,
        label: 'x',
        created_at: made?.createdAt,
        creator: { type: 'management_key' },
        role: 'team_admin',
        team_role_bindings,
      }
      expect(created).toEqual({ ...shown, key: made?.key })
      const list: unknown = await (await send(sandbox, 'GET', `?team_id=${team_id}`)).json()
      expect(list).toEqual({ data: [shown], next_cursor: null })
    }))

  test.concurrent('a Team Management Key makes a Team API Key for its team, and for no other', () =>
    withSandbox(async ({ managementUrl, orgId, teamIds, addKey }) => {
      const [team_id = '', other = ''] = teamIds
      const { key } = addKey({ label: 'team', teamIds: [team_id] })
      const create = (body: object, place = 'sandbox/us') =>
        fetch(`${managementUrl}/v1/org/${orgId}/team_api_keys/${place}`, {
          method: 'POST',
          headers: { 'x-management-key': key, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      const created: unknown = await (await create({ label: 'x', team_id })).json()
      expect(created).toEqual({
        id: expect.any(String),
        label: 'x',
        value: expect.stringMatching(/^sk_us_/),
        team_id,
        created_at: expect.any(String),
      })
      expect((await create({ label: 'x', team_id: other })).status).toBe(403)
      const abroad = await create({ label: 'x', team_id }, 'sandbox/asia')
      expect([abroad.status, await readPlaces(abroad)]).toEqual([422, 'path.region'])
      const refused = await create({ label: 7 })
      expect(refused.status).toBe(422)
      expect(await readPlaces(refused)).toBe('body.label body.team_id')
    }))

  test.concurrent('a fault applies as often as requested', () =>
    withSandbox(async (sandbox) => {
      sandbox.misbehave({ kind: 'status', status: 503, method: 'GET', skip: 1, times: 2 })
      const statuses: number[] = []
      for (let index = 0; index < 4; index += 1) {
        statuses.push((await send(sandbox, 'GET', '')).status)
      }
      expect(statuses).toEqual([200, 503, 503, 200])
    }))
})

async function withSandbox(play: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox()
  try {
    await play(sandbox)
  } finally {
    await sandbox.stop()
  }
}

function send(
  { managementUrl, orgId, orgKey }: Sandbox,
  method: string,
  rest: string,
  body?: unknown,
  key = orgKey,
): Promise<Response> {
  return fetch(`${managementUrl}/v1/org/${orgId}/management_key${rest}`, {
    method,
    headers: { 'x-management-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

/** The places of a 422's problems: `body.label query.role`. */
async function readPlaces(response: Response): Promise<string> {
  const body: unknown = await response.json()
  expect(body).toEqual({ detail: expect.any(Array) })
  const text = JSON.stringify(body)
  return [...text.matchAll(/"loc":\[([^\]]*)\]/g)]
    .map(([, loc = '']) => loc.replaceAll('"', '').replaceAll(',', '.'))
    .join(' ')
}
