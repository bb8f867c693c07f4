import { describe, expect, test } from '@jest/globals'
import type { Fault, Sandbox } from '../../sandbox/types.js'
import { call, withSandbox } from './call.js'

describe('faults', () => {
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
})

function authorize({ githubToken }: Sandbox) {
  return { headers: { authorization: `Bearer ${githubToken}` } }
}
