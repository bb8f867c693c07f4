import { describe, expect } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { call, test, withSandbox } from './call.js'

const STRANGER = '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b'

describe('the sandbox rejects what the Management API rejects', () => {
  const team_role_bindings: unknown[] = []
  test.each([
    ['no body', undefined, 'body'],
    ['a body that is not JSON', '{"label":', 'body.0'],
    ['a list', [], 'body'],
    ['no label and no role', { team_role_bindings }, 'body.label body.role'],
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
      { label: 'x', role: 'team_admin', team_role_bindings },
      'body.team_role_bindings',
    ],
    [
      'the published example’s body, which lacks the role',
      { label: 'x', team_id: STRANGER },
      'body.role',
    ],
  ])('a create with %s: 422', (_, body, places) =>
    withSandbox(async (sandbox) => {
      expect(await send(sandbox, 'POST', 'management_key', body)).toEqual([422, places])
      expect(sandbox.keys()).toEqual([])
    }),
  )

  test.each([
    ['GET', 'management_key?team_id=x&role=owner', 422, 'query.team_id query.role'],
    ['GET', 'management_key?next_cursor=stale', 422, 'query.next_cursor'],
    ['DELETE', 'management_key/x', 422, 'path.key_id'],
    ['DELETE', `management_key/${STRANGER}`, 404, ''],
    ['PUT', 'management_key', 405, ''],
    ['GET', `team/${STRANGER}`, 404, ''],
    ['GET', 'team/x', 422, 'path.team_id'],
    ['GET', 'team_api_keys/sandbox/asia', 422, 'path.region'],
    ['DELETE', 'team_api_keys/staging/eu', 422, 'path.env query.api_key_id'],
    ['DELETE', 'team_api_keys/sandbox/eu?api_key_id=x', 422, 'query.api_key_id.0'],
  ])('%s %s: %i %s', (method, path, status, places) =>
    withSandbox(async (sandbox) => {
      expect(await send(sandbox, method, path)).toEqual([status, places])
    }),
  )

  test('no key, the deprecated header, an unknown key: 401', async ({
    managementUrl,
    orgId,
    orgKey,
  }) => {
    for (const headers of [
      {},
      { 'x-vital-org-key': orgKey },
      { 'x-management-key': 'mg_unknown' },
      { authorization: `Bearer ${orgKey}` },
    ]) {
      const url = `${managementUrl}/v1/org/${orgId}/management_key`
      expect((await call('GET', url, { headers })).status).toBe(401)
    }
  })

  test('a Team Management Key, and a request for an Org Management Key: 403', async (sandbox) => {
    const { key } = sandbox.addKey({ label: 'team', teamIds: sandbox.teamIds.slice(0, 1) })
    expect(await send(sandbox, 'GET', 'management_key', undefined, key)).toEqual([403, ''])
    const wish = { label: 'x', role: 'org_admin' }
    expect(await send(sandbox, 'POST', 'management_key', wish)).toEqual([403, ''])
  })

  test('a team that is not one of a Team Management Key: 403, one that is: 200', async (sandbox) => {
    const [own = '', other = ''] = sandbox.teamIds
    const { key } = sandbox.addKey({ label: 'team', teamIds: [own] })
    const ask = (method: string, path: string, body?: unknown) =>
      send(sandbox, method, path, body, key)
    expect(await ask('GET', `team/${own}`)).toEqual([200, ''])
    expect(await ask('GET', `team/${other}`)).toEqual([403, ''])
    const wish = { label: 'x', team_id: other }
    expect(await ask('POST', 'team_api_keys/sandbox/us', wish)).toEqual([403, ''])
  })

  test('another organization and its team: 404; a revoked key: 401', async (sandbox) => {
    const abroad = { ...sandbox, orgId: STRANGER }
    expect(await send(abroad, 'GET', 'management_key')).toEqual([404, ''])
    const team_role_bindings = [{ team_id: STRANGER }]
    const body = { label: 'x', role: 'team_admin', team_role_bindings }
    expect(await send(sandbox, 'POST', 'management_key', body)).toEqual([404, ''])
    await send(sandbox, 'DELETE', `management_key/${sandbox.orgKeyId}`)
    expect(await send(sandbox, 'GET', 'management_key')).toEqual([401, ''])
  })
})

describe('the sandbox responds as the Management API does', () => {
  test('a new key shows its value once', async (sandbox) => {
    const [team_id = ''] = sandbox.teamIds
    const team_role_bindings = [{ team_id }]
    const body = { label: 'x', role: 'team_admin', team_role_bindings }
    const created = await ask(sandbox, 'POST', 'management_key', body)
    const [made] = sandbox.activeKeys()
    const shown = {
      id: made?.id,
      label: 'x',
      created_at: made?.createdAt,
      creator: { type: 'management_key' },
      role: 'team_admin',
      team_role_bindings,
    }
    expect(created.body).toEqual({ ...shown, key: made?.key })
    const list = await ask(sandbox, 'GET', `management_key?team_id=${team_id}`)
    expect(list.body).toEqual({ data: [shown], next_cursor: null })
  })

  test('a Team API Key is created, listed with its value, and deleted', async (sandbox) => {
    const [team_id = '', other = ''] = sandbox.teamIds
    const { key } = sandbox.addKey({ label: 'team', teamIds: [team_id] })
    const place = 'team_api_keys/sandbox/us'
    const wish = { label: 'x', team_id }
    const { body: first } = await ask(sandbox, 'POST', place, wish, key)
    expect(first).toEqual({
      id: expect.any(String),
      ...wish,
      value: expect.stringMatching(/^sk_us_/),
      created_at: expect.any(String),
    })
    const { body: second } = await ask(sandbox, 'POST', place, { label: 'y', team_id: other })
    const list = async (signer?: string, where = place) =>
      (await ask(sandbox, 'GET', where, undefined, signer)).body
    expect(await list()).toEqual({ api_keys: [first, second], next_cursor: null })
    expect(await list(key)).toMatchObject({ api_keys: [first] })
    expect(await list(undefined, 'team_api_keys/production/us')).toMatchObject({ api_keys: [] })
    const [own, theirs] = [Object(first).id, Object(second).id]
    const ids = `api_key_id=${own}&api_key_id=${theirs}&api_key_id=${STRANGER}`
    const deleted = await ask(sandbox, 'DELETE', `${place}?${ids}`, undefined, key)
    const missing = [theirs, STRANGER]
    expect(deleted.body).toEqual({ success: [own], failure: [], not_found: missing })
    expect(await list()).toMatchObject({ api_keys: [second] })
  })
})

function ask(sandbox: Sandbox, method: string, path: string, body?: unknown, key = sandbox.orgKey) {
  const url = `${sandbox.managementUrl}/v1/org/${sandbox.orgId}/${path}`
  return call(method, url, { headers: { 'x-management-key': key }, body })
}

/** The status, and where the problems of a 422 are: `body.label query.role`. */
async function send(...request: Parameters<typeof ask>): Promise<[number, string]> {
  const { status, body } = await ask(...request)
  if (status === 422) expect(body).toEqual({ detail: expect.any(Array) })
  const places = [...JSON.stringify(body).matchAll(/"loc":\[([^\]]*)\]/g)]
    .map(([, loc = '']) => loc.replaceAll('"', '').replaceAll(',', '.'))
    .join(' ')
  return [status, places]
}
