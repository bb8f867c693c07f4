import { describe, expect, test } from '@jest/globals'
import { withAction } from '../support/scenario.js'

describe('api_url', () => {
  test.concurrent.each([
    ['', ''],
    ['/', ''],
    ['/management', '/management'],
    ['/management/', '/management'],
    ['/management///', '/management'],
  ])('may end in "%s"', (end, prefix) =>
    withAction('.', async ({ main, post, sandbox }) => {
      const api_url = `${sandbox.url}${end}`
      const run = await main({ api_url })
      expect(run.exitCode).toBe(0)
      expect((await post(run, { api_url, revoke: 'always' })).exitCode).toBe(0)
      const collection = `${prefix}/v1/org/${sandbox.orgId}/management_key`
      expect(sandbox.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        `POST ${collection}`,
        `DELETE ${collection}/${run.outputs['key_id']}`,
      ])
      expect(sandbox.activeKeys()).toEqual([])
    }),
  )

  test.concurrent('gets the key in one header, and no other credential', () =>
    withAction('.', async ({ main, sandbox }) => {
      await main({ if_exists: 'replace' })
      for (const { headers } of sandbox.requests) {
        expect(headers['x-management-key']).toBe(sandbox.orgKey)
        expect(headers).not.toHaveProperty('x-vital-org-key')
        expect(headers).not.toHaveProperty('authorization')
        expect(headers['user-agent']).toMatch(/^junction-management-key\/\d+\.\d+\.\d+$/)
      }
      expect(sandbox.requests).toHaveLength(2)
    }))
})
