import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import type { Fault, Sandbox } from '../../sandbox/types.js'
import { call, withSandbox } from './call.js'

describe('faults', () => {
  test.concurrent('apply as often as requested, after those that are skipped', () =>
    withSandbox(async (sandbox) => {
      sandbox.misbehave({ kind: 'status', status: 503, method: 'GET', skip: 1, times: 2 })
      expect(await readStatuses(sandbox, 4)).toEqual([200, 503, 503, 200])
    }))

  test.concurrent('can apply for some time, also after a first success', () =>
    withSandbox(async (sandbox) => {
      sandbox.misbehave({ kind: 'status', status: 401, skip: 1, forMs: 1_000_000 })
      expect(await readStatuses(sandbox, 4)).toEqual([200, 401, 401, 401])
      sandbox.behave()
      sandbox.misbehave({ kind: 'status', status: 401, forMs: 1 })
      expect(await readStatuses(sandbox, 1)).toEqual([401])
      await sleep(20)
      expect(await readStatuses(sandbox, 2)).toEqual([200, 200])
    }))

  test.concurrent.each(['gzip', 'deflate', 'br', 'bom'] as const)(
    'can encode a response, and the page in its place: %s',
    (encoding) =>
      withSandbox(async (sandbox) => {
        const page = '<html>Blocked</html>'
        sandbox.misbehave({ kind: 'encode', encoding })
        sandbox.misbehave({ kind: 'status', status: 502, body: page, encoding })
        const read = () => fetch(`${sandbox.githubUrl}/repos/octo-org/example`, authorize(sandbox))
        const [usual, blocked] = [await read(), await read()]
        const bytes = Buffer.from(await usual.arrayBuffer())
        expect(bytes.subarray(0, 3).toString('hex') === 'efbbbf').toBe(encoding === 'bom')
        expect(JSON.parse(String(bytes).replace(/^\ufeff/, ''))).toMatchObject({ name: 'example' })
        expect(usual.headers.get('content-encoding')).toBe(encoding === 'bom' ? null : encoding)
        expect([blocked.status, await blocked.text()]).toEqual([502, page])
        expect(blocked.headers.get('content-type')).toBe('text/html; charset=utf-8')
      }),
  )

  const location = 'https://api.github.com/repositories/7'
  test.concurrent.each<[Fault, object, Record<string, string>]>([
    [
      { kind: 'status', status: 403, headers: { 'X-RateLimit-Remaining': '0' } },
      { message: 'API rate limit exceeded' },
      { 'x-ratelimit-remaining': '0' },
    ],
    [
      { kind: 'status', status: 403, retryAfter: 60 },
      { message: 'You have exceeded a secondary rate limit' },
      { 'retry-after': '60' },
    ],
    [
      { kind: 'status', status: 403, body: { message: 'Repository was archived' } },
      { message: 'Repository was archived' },
      {},
    ],
    [{ kind: 'status', status: 503 }, { message: 'Service Unavailable', status: '503' }, {}],
    [
      { kind: 'redirect', status: 301, location },
      { message: 'Moved Permanently', url: location },
      { location },
    ],
  ])('have GitHub’s body: %j', (fault, body, headers) =>
    withSandbox(async (sandbox) => {
      sandbox.misbehave(fault)
      const url = `${sandbox.githubUrl}/repos/octo-org/example`
      const reply = await call('GET', url, authorize(sandbox))
      expect(reply.body).toMatchObject(body)
      expect(Object.fromEntries(reply.headers)).toMatchObject(headers)
    }),
  )

  test.concurrent('a key can be created and the response lost; its label can be stored otherwise', () =>
    withSandbox(
      async (sandbox) => {
        const { orgKey, orgId, teamIds, managementUrl } = sandbox
        sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
        const team_role_bindings = [{ team_id: teamIds[0] }]
        const options = {
          headers: { 'x-management-key': orgKey },
          body: { label: ' Two ', role: 'team_admin', team_role_bindings },
        }
        const url = `${managementUrl}/v1/org/${orgId}/management_key`
        await expect(call('POST', url, options)).rejects.toThrow()
        expect(sandbox.activeKeys()).toMatchObject([{ label: 'two' }])
      },
      { storeLabel: (label) => label.trim().toLowerCase() },
    ))
})

function authorize({ githubToken }: Sandbox) {
  return { headers: { authorization: `Bearer ${githubToken}` } }
}

async function readStatuses(sandbox: Sandbox, count: number): Promise<number[]> {
  const url = `${sandbox.githubUrl}/repos/octo-org/example`
  const statuses: number[] = []
  for (let index = 0; index < count; index += 1) {
    statuses.push((await call('GET', url, authorize(sandbox))).status)
  }
  return statuses
}
