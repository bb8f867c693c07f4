import { request } from 'node:http'
import { describe, expect } from '@jest/globals'
import type { Fault, Sandbox } from '../../sandbox/types.js'
import { call, test, withSandbox } from './call.js'

describe('the control plane', () => {
  test('rejects a browser, which sends an Origin', async ({ url }) => {
    const headers = { origin: 'https://evil.example' }
    expect((await call('GET', `${url}/_sandbox/keys`, { headers })).status).toBe(403)
    const hold = { headers, body: { kind: 'hold' } }
    expect((await call('POST', `${url}/_sandbox/faults`, hold)).status).toBe(403)
    expect((await call('GET', url)).status).toBe(404)
  })

  test('rejects a name that was rebound to this machine', async ({ url }) => {
    expect(await getStatus(`${url}/_sandbox/keys`, 'evil.example')).toBe(403)
    expect(await getStatus(`${url}/_sandbox/keys`, 'localhost')).toBe(200)
  })

  test.each([
    [{ kind: 'delay', delay: 5 }, 'delayMs is required; delay is not allowed'],
    [{ kind: 'omit', fields: [] }, 'fields must be an array of field names'],
    [{ kind: 'omit', fields: ['a', ''] }, 'fields.1 must be a non-empty string'],
    [{ kind: 'reset', when: 'late' }, 'when must be "before" or'],
    [{ kind: 'nonsense' }, 'kind must be one of delay, '],
  ])('rejects the fault %j, and says why', (fault, reason) =>
    withSandbox(async (sandbox) => {
      const { status, body } = await control(sandbox, 'POST', 'faults', fault)
      expect([status, body]).toEqual([422, { detail: expect.stringContaining(reason) }])
    }),
  )

  test('queues faults and removes them', async (sandbox) => {
    const { managementUrl, orgId } = sandbox
    const read = () => call('GET', `${managementUrl}/v1/org/${orgId}/management_key`)
    const fault = { kind: 'status', status: 418, times: 2 }
    expect((await control(sandbox, 'POST', 'faults', fault)).status).toBe(204)
    expect((await read()).status).toBe(418)
    expect((await control(sandbox, 'DELETE', 'faults')).status).toBe(204)
    expect((await read()).status).toBe(401)
  })

  test('shows keys, secrets and requests without values, and the key in each secret', async (sandbox) => {
    const { managementUrl, orgId, orgKey, github } = sandbox
    const { id, key } = sandbox.addKey({ label: 'team', teamIds: sandbox.teamIds.slice(0, 1) })
    github.addSecret({ owner: 'octo-org', name: 'A_KEY', value: key })
    github.addSecret({ owner: 'octo-org', name: 'B_KEY', value: 'mg_sandbox_other' })
    const headers = { 'x-management-key': orgKey, authorization: sandbox.githubToken }
    await call('GET', `${managementUrl}/v1/org/${orgId}/management_key?${key}=1`, { headers })
    const [keys, secrets, requests] = await Promise.all(
      ['keys', 'secrets', 'requests'].map(async (topic) => control(sandbox, 'GET', topic)),
    )
    expect(keys?.body).toMatchObject({ keys: [{ id, revoked: false }] })
    expect(secrets?.body).toMatchObject({
      secrets: [
        { name: 'A_KEY', store: 'actions', scope: 'organization', matches: id },
        { name: 'B_KEY', matches: null },
      ],
    })
    const text = JSON.stringify([keys?.body, secrets?.body, requests?.body])
    expect(text).toContain('management_key')
    for (const hidden of [key, orgKey, sandbox.githubToken, 'mg_sandbox_other']) {
      expect(text).not.toContain(hidden)
    }
  })
})

function control({ url }: Sandbox, method: string, topic: string, body?: unknown) {
  return call(method, `${url}/_sandbox/${topic}`, { body })
}

/** Unlike fetch, sends another Host. */
function getStatus(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

describe('faults', () => {
  const location = 'https://api.github.com/repositories/7'
  test.each<[Fault, object, Record<string, string>]>([
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
})

function authorize({ githubToken }: Sandbox) {
  return { headers: { authorization: `Bearer ${githubToken}` } }
}
