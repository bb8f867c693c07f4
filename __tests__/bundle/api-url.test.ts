import { describe, expect, test } from '@jest/globals'
import { expectFailure } from '../support/messages.js'
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
    withAction('.', async ({ main, post, sandbox }) => {
      await post(await main({ if_exists: 'replace', revoke: 'always' }), { revoke: 'always' })
      for (const { headers } of sandbox.requests) {
        expect(headers['x-management-key']).toBe(sandbox.orgKey)
        expect(headers).not.toHaveProperty('x-vital-org-key')
        expect(headers).not.toHaveProperty('authorization')
        expect(headers['user-agent']).toMatch(/^junction-management-key\/\d+\.\d+\.\d+$/)
      }
      expect(sandbox.requests).toHaveLength(3)
    }))
})

describe('github_api_url', () => {
  const FORGE = { github: { api_url: 'http://gitea.example/api/v1' } }

  test.concurrent('does not matter to a step that sends no request to GitHub', async () => {
    await withAction('.', async ({ main, post, sandbox }) => {
      const run = await main({}, { context: FORGE })
      expect(run.exitCode).toBe(0)
      const cleaned = await post(run, { revoke: 'always' }, { context: FORGE })
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.activeKeys()).toEqual([])
    })
    await withAction('revoke', async ({ main, addKey, sandbox }) => {
      const run = await main({ key_id: addKey() }, { context: FORGE })
      expect(run.exitCode).toBe(0)
      expect(sandbox.activeKeys()).toEqual([])
    })
    await withAction('prune', async ({ main }) => {
      const run = await main({ label_pattern: '*', older_than: '1d' }, { context: FORGE })
      expect(run.exitCode).toBe(0)
    })
  })

  test.concurrent('is refused where a token would be sent to it', async () => {
    await withAction('. with secrets', async ({ main, sandbox }) => {
      const run = await main({}, { context: FORGE })
      expectFailure(run, /^github_api_url "http:\S+" would send the key unencrypted/)
      expect(sandbox.requests).toEqual([])
    })
  })
})
