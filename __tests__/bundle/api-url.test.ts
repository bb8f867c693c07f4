import { describe, expect } from '@jest/globals'
import { expectFailure } from '../support/messages.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

describe('api_url', () => {
  test.each([
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

  test('gets the key in one header, User-Agent, and little else', async (scenario) => {
    const { main, post, sandbox } = scenario
    await post(await main({ if_exists: 'replace', revoke: 'always' }), { revoke: 'always' })
    const always = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: expect.any(String),
      host: new URL(sandbox.url).host,
      'user-agent': expect.stringMatching(/^junction-management-key\/\d+\.\d+\.\d+$/),
      'x-management-key': sandbox.orgKey,
    }
    const withBody = { 'content-length': expect.any(String), 'content-type': 'application/json' }
    expect(sandbox.requests.map(({ headers }) => headers)).toEqual([
      always,
      { ...always, ...withBody },
      always,
    ])
  })
})

describe('github_api_url', () => {
  const FORGE = { context: { github: { api_url: 'http://gitea.example/api/v1' } } }

  test('does not matter to a create that sends no request to GitHub', async (scenario) => {
    const { succeed, clean, sandbox } = scenario
    await clean(await succeed({}, FORGE), { revoke: 'always' }, FORGE)
    expect(sandbox.activeKeys()).toEqual([])
  })

  testAction('revoke')('nor to such a revoke', async ({ succeed, addKey, sandbox }) => {
    await succeed({ key_id: addKey() }, FORGE)
    expect(sandbox.activeKeys()).toEqual([])
  })

  testAction('prune')('nor to such a prune', async ({ succeed }) => {
    await succeed({ label_pattern: '*', older_than: '1d' }, FORGE)
  })

  testAction('. with secrets')('is refused where a token would be sent to it', async (scenario) => {
    const { main, sandbox } = scenario
    const run = await main({}, FORGE)
    expectFailure(run, /^github_api_url "http:\S+" would send the key unencrypted/)
    expect(sandbox.requests).toEqual([])
  })
})
