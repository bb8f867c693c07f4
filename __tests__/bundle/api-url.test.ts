import { describe, expect, test } from '@jest/globals'
import { expectFailure } from '../support/messages.js'
import { testAction, withAction } from '../support/scenario.js'

const testCreate = testAction('.')

describe('api_url', () => {
  testCreate.each([
    ['', ''],
    ['/', ''],
    ['/management', '/management'],
    ['/management/', '/management'],
    ['/management///', '/management'],
  ])('may end in "%s"', async ({ succeed, post, sandbox }, [end, prefix]) => {
    const api_url = `${sandbox.url}${end}`
    const run = await succeed({ api_url })
    expect((await post(run, { api_url, revoke: 'always' })).exitCode).toBe(0)
    const collection = `${prefix}/v1/org/${sandbox.orgId}/management_key`
    expect(sandbox.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${collection}`,
      `DELETE ${collection}/${run.outputs['key_id']}`,
    ])
    expect(sandbox.activeKeys()).toEqual([])
  })

  testCreate('gets the key in one header, and nothing else', async ({ main, post, sandbox }) => {
    await post(await main({ if_exists: 'replace', revoke: 'always' }), { revoke: 'always' })
    for (const { headers } of sandbox.requests) {
      expect(headers['x-management-key']).toBe(sandbox.orgKey)
      expect(headers).not.toHaveProperty('x-vital-org-key')
      expect(headers).not.toHaveProperty('authorization')
      expect(headers['user-agent']).toMatch(/^junction-management-key\/\d+\.\d+\.\d+$/)
    }
    expect(sandbox.requests).toHaveLength(3)
  })
})

describe('github_api_url', () => {
  const FORGE = { github: { api_url: 'http://gitea.example/api/v1' } }

  test.concurrent('does not matter to a step that sends no request to GitHub', async () => {
    await withAction('.', async ({ succeed, clean, sandbox }) => {
      const run = await succeed({}, { context: FORGE })
      await clean(run, { revoke: 'always' }, { context: FORGE })
      expect(sandbox.activeKeys()).toEqual([])
    })
    await withAction('revoke', async ({ succeed, addKey, sandbox }) => {
      await succeed({ key_id: addKey() }, { context: FORGE })
      expect(sandbox.activeKeys()).toEqual([])
    })
    await withAction('prune', async ({ succeed }) => {
      await succeed({ label_pattern: '*', older_than: '1d' }, { context: FORGE })
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
