import { describe, expect } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { expectFailure, expectWarning } from '../support/messages.js'
import { countRequests, listMethods } from '../support/requests.js'
import { OWN_LABEL, testAction, testExtended } from '../support/scenario.js'
import { withTls } from '../support/tls-world.js'

const test = testAction('.')
const testTls = testExtended('.', withTls)

// Each of these takes as long as all pauses between five attempts; in one file they wait together.
describe('a persistent failure is tried five times', () => {
  test('a create request that gets 429', async ({ main, post, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 429, times: Infinity })
    const run = await main()
    expectFailure(run, '429')
    expect(listMethods(sandbox)).toEqual(Array(5).fill('POST'))
    sandbox.behave()
    expect((await post(run)).annotations).toEqual([])
  })

  test('a create request that gets 503, with a list after each', async ({ main, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 503, method: 'POST', times: Infinity })
    const run = await main()
    expectFailure(run, '503')
    expect(listMethods(sandbox)).toEqual(Array(5).fill(['POST', 'GET']).flat())
    // Post looks once more.
    expect(run.state['transaction']).toContain('"mayExist":true')
    expect(sandbox.keys()).toEqual([])
  })

  test('a create that leaves a key each time, all of them revoked', async ({ main, sandbox }) => {
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST', times: Infinity })
    const run = await main({ label: OWN_LABEL })
    expect(run.exitCode).toBe(1)
    expect(listMethods(sandbox)).toEqual([
      'GET',
      ...Array(5).fill(['POST', 'GET', 'DELETE']).flat(),
    ])
    expect(sandbox.keys()).toHaveLength(5)
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('a create request to an unreachable service', async ({ main, post, sandbox }) => {
    await sandbox.stop()
    const run = await main()
    expectFailure(run, 'ECONNREFUSED')
    expect(run.lines.filter((line) => line.startsWith('Attempt '))).toHaveLength(5)
    expect((await post(run)).exitCode).toBe(0)
  })

  testTls(
    'no create request through a proxy that refuses, which the error names',
    async (world) => {
      const { main, sandbox, apiUrl, proxyUrl, refuse, proxied, run } = world
      const password = 'correct-horse-battery'
      const https_proxy = proxyUrl.replace('//', `//agent:${password}@`)
      for (const status of [401, 407]) {
        refuse(status)
        const refused = await main({ api_url: apiUrl }, run({ https_proxy }))
        expectFailure(refused, /tunnel.*40[17]; check the user name and password in https_proxy/)
        expect(findLeaks(refused, [password, `agent:${password}`])).toEqual([])
        expect(refused.shown.join('\n')).not.toContain('(attempt 2)')
      }
      expect(proxied).toHaveLength(2)
      expect(sandbox.requests).toEqual([])
    },
  )

  test('a list, without which nothing is created', async ({ main, sandbox }) => {
    const body = { detail: `Too busy for ${sandbox.orgKey}` }
    sandbox.misbehave({ kind: 'status', status: 503, body, times: Infinity })
    const run = await main({ if_exists: 'replace' }, { debug: true })
    expectFailure(run, 'Too busy for ***')
    expect(findLeaks(run, [sandbox.orgKey])).toEqual([])
    expect(listMethods(sandbox)).toEqual(Array(5).fill('GET'))
  })

  test('the revocation of a previous key, which the next run retries', async (scenario) => {
    const { main, sandbox, addKey } = scenario
    const stuck = addKey()
    sandbox.misbehave({ kind: 'status', status: 500, path: stuck, times: Infinity })
    const run = await main({ if_exists: 'replace' })
    expectWarning(run, new RegExp(`${stuck}.*500`))
    expect(countRequests(sandbox, 'DELETE')).toBe(5)
    expect(sandbox.activeKeys()).toHaveLength(2)

    sandbox.behave()
    const next = await main({ if_exists: 'replace' })
    expect(next.outputs['replaced_key_ids']).toContain(stuck)
    expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([next.outputs['key']])
  })

  test('the revocation in post, which names the key and why', async ({ main, post, sandbox }) => {
    const created = await main()
    await sandbox.stop()
    const cleaned = await post(created, { revoke: 'always' })
    expectWarning(cleaned, new RegExp(`${created.outputs['key_id']}.*ECONNREFUSED`))
    expect(cleaned.summary).toMatch(/^### ⚠️ .* may still be active$[\s\S]*ECONNREFUSED/m)
  })
})
