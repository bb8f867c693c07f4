import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { findLeaks } from '../support/leaks.js'
import {
  expectFailure,
  expectMessage,
  expectWarning,
  findUnreportedKeys,
  messagesOf,
  outcomeOf,
  SUCCESS,
} from '../support/messages.js'
import { countRequests, listMethods } from '../support/requests.js'
import {
  describeSignals,
  LABEL,
  OWN_LABEL,
  type Scenario,
  testAction,
  testExtended,
} from '../support/scenario.js'
import { withTls } from '../support/tls-world.js'
import { waitUntil } from '../support/wait-until.js'

const test = testAction('.')

describe('retrying a create request', () => {
  test('waits for the seconds in Retry-After', async ({ succeed, sandbox, pauses }) => {
    sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 2, method: 'POST' })
    await succeed()
    expect(pauses()).toEqual([2_000])
    expect(listMethods(sandbox)).toEqual(['POST', 'POST'])
  })

  const skew = 86_400_000
  test(
    'waits until the date in Retry-After, by the server’s clock',
    async ({ succeed, sandbox, pauses }) => {
      const retryAfter = new Date(Date.now() + skew + 100_000).toUTCString()
      sandbox.misbehave({ kind: 'status', status: 429, retryAfter, method: 'POST' })
      await succeed()
      // Half a second is what it waits unasked.
      expect(pauses()).toHaveLength(1)
      expect(pauses()[0]).toBeGreaterThan(1_000)
      expect(pauses()[0]).toBeLessThanOrEqual(101_000)
    },
    { now: () => new Date(Date.now() + skew) },
  )

  test.each([7_200, '99999999999999999'])(
    'does not wait for %s s: it fails, and leaves nothing to look for',
    async ({ main, clean, sandbox }, retryAfter) => {
      sandbox.misbehave({ kind: 'status', status: 429, retryAfter, method: 'POST' })
      const run = await main()
      expectFailure(run, '429', 'too long for a job')
      expect(listMethods(sandbox)).toEqual(['POST'])
      await clean(run)
    },
  )

  test('is not done blindly when the list is unreadable', async ({ main, post, sandbox }) => {
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', skip: 1, times: Infinity })
    const inputs = { label: OWN_LABEL }
    const run = await main(inputs)
    expectFailure(run, new RegExp(`403.* may have created .* "${OWN_LABEL}".*Dashboard`))
    expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'GET'])

    sandbox.behave()
    expect((await post(run, inputs)).exitCode).toBe(0)
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('stops when a stray key cannot be revoked, and names it', async ({ main, sandbox }) => {
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', times: Infinity })
    const run = await main({ label: OWN_LABEL })
    expectFailure(run, sandbox.keys()[0]?.id ?? '')
    expect(countRequests(sandbox, 'POST')).toBe(1)
    expect(findUnreportedKeys(sandbox, [run])).toEqual([])
  })

  test('stops when an unreadable key is not revoked, and names it', async (scenario) => {
    const { main, post, sandbox } = scenario
    sandbox.misbehave({ kind: 'omit', fields: ['key'], method: 'POST' })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE' })
    const run = await main()
    expectFailure(run, sandbox.keys()[0]?.id ?? '')
    expect(countRequests(sandbox, 'POST')).toBe(1)

    expect((await post(run)).exitCode).toBe(0)
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('looks for the key when a response has only the ID of something else', async (scenario) => {
    const { main, sandbox } = scenario
    const body = { id: '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b' }
    sandbox.misbehave({ kind: 'status', status: 200, body, after: 'work', method: 'POST' })
    const run = await main({ label: OWN_LABEL })
    expect(outcomeOf(run)).toEqual(SUCCESS)
    expect(run.shown.join('\n')).toContain(`Found no active Management Key ${body.id}`)
    expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([run.outputs['key']])
  })

  test('never revokes a key that was there before, though a response names it', async (scenario) => {
    const { main, sandbox, addKey } = scenario
    const id = addKey()
    const body = { id }
    sandbox.misbehave({ kind: 'status', status: 200, body, after: 'work', method: 'POST' })
    const run = await main({ if_exists: 'replace', retain: '1' })
    expect(outcomeOf(run)).toEqual(SUCCESS)
    const active = sandbox.activeKeys().map((key) => key.id)
    expect(active.sort()).toEqual([id, run.outputs['key_id']].sort())
  })

  test('touches nothing when the list lacks team_role_bindings: the error names what it may be', async (scenario) => {
    const { main, sandbox } = scenario
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    sandbox.misbehave({
      kind: 'omit',
      fields: ['team_role_bindings'],
      method: 'GET',
      times: Infinity,
    })
    const run = await main({ label: OWN_LABEL })
    expect(run.exitCode).toBe(1)
    expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'GET'])
    expectFailure(run, sandbox.activeKeys()[0]?.id ?? '')
  })

  test('a key created during the next attempt is revoked when the job ends', async (scenario) => {
    const { main, post, sandbox, addKey } = scenario
    sandbox.misbehave({ kind: 'reset', method: 'POST' })
    sandbox.misbehave({ kind: 'delay', method: 'POST', delayMs: 300 })
    const running = main({ label: OWN_LABEL })
    await waitUntil('the next attempt', () => countRequests(sandbox, 'POST') > 1)
    addKey(OWN_LABEL)
    const run = await running
    expect(outcomeOf(run)).toEqual(SUCCESS)
    expect(sandbox.keys()).toHaveLength(2)
    expect(outcomeOf(await post(run, { label: OWN_LABEL }))).toEqual(SUCCESS)
    expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([run.outputs['key']])
  })

  test.each(['preview-42', OWN_LABEL])(
    'a key created long after the attempt was given up is found or named: %s',
    async (scenario, label) => {
      const { main, post, sandbox, addKey } = scenario
      sandbox.misbehave({ kind: 'reset', method: 'POST' })
      const created = await main({ label })
      const late = addKey(label)
      const cleaned = await post(created, { label })
      expect([created.exitCode, cleaned.exitCode]).toEqual([0, 0])
      const active = sandbox.activeKeys().map(({ id }) => id)
      expect(active).toContain(created.outputs['key_id'])
      if (label === OWN_LABEL) expect(active).not.toContain(late)
      else
        expect([created, cleaned].flatMap((run) => messagesOf(run, 'error', 'warning'))).toEqual([
          expect.stringContaining(late),
        ])
    },
  )
})

// `npm run explore` kills the step after each of its effects; here stands what post says then, and what takes
// longer than a case of the explorer.
describeSignals('after a main step that was killed, post', () => {
  test(
    'revokes a key that is created only after its first look',
    async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'hold', method: 'POST' })
      const killed = await scenario.mainKilledWhen(() => countRequests(sandbox, 'POST') > 0, {
        label: OWN_LABEL,
      })
      const seen = sandbox.requests.length
      const cleaning = cleanUp(scenario, killed, OWN_LABEL)
      await waitUntil('the first look', () => sandbox.requests[seen]?.status === 200)
      scenario.addKey(OWN_LABEL)
      await cleaning
      expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    },
    { hasRealPauses: true },
  )

  test('names the key when the label is fixed, and how to avoid that', async (scenario) => {
    const { sandbox } = scenario
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
    const killed = await scenario.mainKilledWhen(() => sandbox.keys().length > 0)
    const cleaned = await cleanUp(scenario, killed, LABEL)
    expectMessage(cleaned, 'warning', new RegExp(`${sandbox.activeKeys()[0]?.id}.*github\\.run_id`))
  })

  test('names the previous keys that were being revoked', async (scenario) => {
    const { sandbox, addKey, mainKilledWhen, post } = scenario
    const ids = [addKey(), addKey()]
    sandbox.misbehave({ kind: 'hold', method: 'DELETE', times: Infinity })
    const inputs = { if_exists: 'replace' }
    const killed = await mainKilledWhen(() => countRequests(sandbox, 'DELETE') > 0, inputs)
    const warnings = messagesOf(await post(killed, inputs), 'warning').join('\n')
    expect(warnings).toMatch(
      new RegExp(`interrupted while it revoked previous keys.*${ids.join(', ')}`),
    )
  })

  test('names, before any is revoked, the previous keys that do not stay', async (scenario) => {
    const { sandbox, addKey, mainKilledWhen, post } = scenario
    const [, old] = [2, 1].map((day) => addKey(LABEL, { createdAt: `2026-01-0${day}T00:00:00Z` }))
    sandbox.misbehave({ kind: 'hold', method: 'GET', skip: 1 })
    const inputs = { if_exists: 'replace', retain: '1' }
    const killed = await mainKilledWhen(() => countRequests(sandbox, 'GET') > 1, inputs)
    expectMessage(await post(killed, inputs), 'warning', `still be active: ${old}.`)
  })

  test('names the label when it cannot look for the key', async (scenario) => {
    const { sandbox } = scenario
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
    const killed = await scenario.mainKilledWhen(() => sandbox.keys().length > 0, {
      label: OWN_LABEL,
    })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', times: Infinity })
    const cleaned = await cleanUp(scenario, killed, OWN_LABEL)
    expectMessage(
      cleaned,
      'warning',
      new RegExp(
        `"${OWN_LABEL}", and the action could not determine whether it did: .*403.*Junction Dashboard`,
      ),
    )
  })
})

/** Runs post as after a cancelled job. */
async function cleanUp({ post }: Scenario, killed: RunResult, label: string): Promise<RunResult> {
  const cleaned = await post(killed, { label }, { context: { job: { status: 'cancelled' } } })
  expect(cleaned.exitCode).toBe(0)
  return cleaned
}

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
      const { main, sandbox, apiUrl, proxyUrl, faults, proxied, run } = world
      const password = 'correct-horse-battery'
      const https_proxy = proxyUrl.replace('//', `//agent:${password}@`)
      for (const status of [401, 407]) {
        faults.refusal = status
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
