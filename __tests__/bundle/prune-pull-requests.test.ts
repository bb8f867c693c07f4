import { describe, expect } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { daysBefore } from '../support/listed-keys.js'
import { messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { type Scenario, testAction } from '../support/scenario.js'
import { EVERY_ATTEMPT } from '../support/secret-outcomes.js'
import { waitUntil } from '../support/wait-until.js'

const test = testAction('prune')

const PRUNE = { label_pattern: 'preview-{pr}*', closed_pull_requests: 'true', dry_run: 'false' }

/** Numbers of the pull requests that were looked up, in numerical order. */
function listLookedUp({ requests }: Sandbox): readonly number[] {
  return requests
    .flatMap(({ path }) => /\/pulls\/(\d+)$/.exec(path)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

describe('closed pull requests', () => {
  test('a key is revoked when its pull request is closed or merged', async (scenario) => {
    const { succeed, addKey, sandbox, liveLabels } = scenario
    const { github, repository } = sandbox
    github.addPullRequest(repository, 1)
    github.addPullRequest(repository, 2, { state: 'closed' })
    github.addPullRequest(repository, 3, { merged: true })
    // Reopened.
    for (const state of ['closed', 'open'] as const)
      github.addPullRequest(repository, 23, { state })
    // Another repository's.
    github.addRepository('octo-org/other')
    github.addPullRequest('octo-org/other', 404, { state: 'closed' })
    const stay = ['preview-03', 'preview-1', 'preview-23', 'preview-404', 'preview-x']
    for (const label of [...stay, 'preview-2', 'preview-3']) addKey(label)
    const pruned = await succeed(PRUNE)
    expect(liveLabels()).toEqual(stay)
    expect(pruned.summary.match(/pull request closed/g)).toHaveLength(2)
    expect(listLookedUp(sandbox)).toEqual([1, 2, 3, 23, 404])
  })

  test('a key without a pull request stays, if the repository is visible', async (scenario) => {
    const { succeed, addKey, sandbox, liveLabels } = scenario
    for (const label of ['preview-7', 'preview-8']) addKey(label)
    await succeed(PRUNE)
    expect(liveLabels()).toEqual(['preview-7', 'preview-8'])
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/example'))).toHaveLength(1)
  })

  test('each is looked up once, even with many keys, and before the first revocation', async (scenario) => {
    const { main, addKey, sandbox } = scenario
    sandbox.github.addPullRequest(sandbox.repository, 7, { state: 'closed' })
    for (const suffix of ['', '-eu', '-us', '-eu']) addKey(`preview-7${suffix}`)
    addKey('preview-8')
    await main(PRUNE)
    expect(listLookedUp(sandbox)).toEqual([7, 8])
    expect(sandbox.requests.map(({ method }) => method)).toEqual([
      ...Array(3).fill('GET'),
      ...Array(4).fill('DELETE'),
    ])
  })

  test('works on GitHub Enterprise Server', async ({ succeed, addKey, sandbox, liveLabels }) => {
    sandbox.github.addPullRequest(sandbox.repository, 7, { merged: true })
    addKey('preview-7')
    await succeed({ ...PRUNE, github_api_url: sandbox.ghesUrl })
    expect(liveLabels()).toEqual([])
    expect(sandbox.requests[1]?.path).toBe(`/api/v3/repos/${sandbox.repository}/pulls/7`)
  })

  test('with both rules, either is enough', async ({ main, addKey, sandbox, liveLabels }) => {
    const { github, repository } = sandbox
    for (const number of [1, 2]) github.addPullRequest(repository, number)
    for (const number of [3, 4]) github.addPullRequest(repository, number, { state: 'closed' })
    const [old, odd] = [{ createdAt: daysBefore(8) }, { createdAt: 'never' }]
    for (const [index, seed] of [{}, old, {}, old, old, odd].entries()) {
      addKey(`preview-${index + 1}`, seed)
    }
    const { outputs } = await main({ ...PRUNE, older_than: '7d' })
    expect(liveLabels()).toEqual(['preview-1', 'preview-6'])
    const candidates: readonly { label: string; reasons: readonly string[] }[] = JSON.parse(
      outputs['candidates'] ?? '',
    )
    expect(candidates.map(({ label, reasons }) => `${label}: ${reasons}`).sort()).toEqual([
      ...['preview-2: old', 'preview-3: closed', 'preview-4: old', 'preview-5: old'],
    ])
  })

  test('an old key is closed as well, where a young one asks about its pull request', async (scenario) => {
    const { main, addKey, sandbox, liveLabels } = scenario
    sandbox.github.addPullRequest(sandbox.repository, 7, { state: 'closed' })
    for (const seed of [{ createdAt: daysBefore(8) }, {}]) addKey('preview-7', seed)
    const { outputs } = await main({ ...PRUNE, older_than: '7d' })
    expect(liveLabels()).toEqual([])
    expect(JSON.parse(outputs['candidates'] ?? '')).toMatchObject([
      { reasons: ['old', 'closed'] },
      { reasons: ['closed'] },
    ])
    expect(listLookedUp(sandbox)).toEqual([7])
  })
})

describe('when GitHub does not report a state, nothing is revoked', () => {
  const closeEight = ({ addKey, sandbox }: Scenario, seed = {}) => {
    sandbox.github.addPullRequest(sandbox.repository, 8, { state: 'closed' })
    for (const label of ['preview-7', 'preview-8']) addKey(label, seed)
  }
  const expectNoneRevoked = (run: RunResult, { sandbox }: Scenario) => {
    expect(run.outcome).toBe('failure')
    expect(listChanges(sandbox)).toEqual([])
    expect(run.outputs['revoked_key_ids'] ?? '[]').toBe('[]')
    expect(run.stdout).not.toContain('gateway')
    return messagesOf(run, 'error').join('\n')
  }
  const page = '<html><head><title>Welcome to the gateway</title></head></html>'

  test('after a 403, with the permission that is needed', async (scenario) => {
    const { main, sandbox } = scenario
    closeEight(scenario, { createdAt: daysBefore(8) })
    sandbox.github.withhold({ path: '/pulls/8' })
    const token = { github_token: sandbox.githubToken }
    const error = expectNoneRevoked(await main({ ...PRUNE, ...token }), scenario)
    expect(error).toContain('nothing was revoked')
    expect(error).toContain('pull-requests: read')
    expect(error).not.toContain('=read')
  })

  test('and the repository is not visible', async (scenario) => {
    const { main, sandbox } = scenario
    closeEight(scenario, { createdAt: daysBefore(8) })
    sandbox.github.withhold({ path: '/repos/', status: 404 })
    const token = { github_token: sandbox.githubToken }
    const error = expectNoneRevoked(await main({ ...PRUNE, ...token, older_than: '7d' }), scenario)
    expect(error).toContain('could not be looked up, so nothing was revoked')
    expect(error).toContain('octo-org/example was not found, or github_token does not have access')
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/example'))).toHaveLength(1)
  })

  test.each<[string, number, unknown, RegExp]>([
    ['no state', 200, { number: 7, merged: true }, /whether pull request 7 is open or closed/],
    ['an odd state', 200, { number: 7, state: 'merged' }, /whether pull request 7 is open or/],
    ['a list', 200, ['closed'], /whether pull request 7 is open or closed/],
    ['a page', 200, page, /a web page/],
    ['an error', 502, page, /revoked: GitHub returned 502 after 4 attempts: a web page[^<]*$/],
  ])('after every attempt to read it: %s', async (scenario, [, status, body, reason]) => {
    const { main, sandbox } = scenario
    closeEight(scenario)
    const path = '/pulls/7'
    sandbox.misbehave({ kind: 'status', status, path, body, times: EVERY_ATTEMPT })
    const error = expectNoneRevoked(await main(PRUNE), scenario)
    expect(error).toContain('The pull requests of octo-org/example could not be looked up')
    expect(error).toMatch(reason)
    const asked = sandbox.requests.filter((request) => request.path.endsWith(path))
    expect(asked).toHaveLength(EVERY_ATTEMPT)
  })
})

test('not too many are looked up at once', async ({ describeRun, addKey, sandbox }) => {
  for (let number = 1; number <= 60; number += 1) addKey(`preview-${number}`)
  sandbox.misbehave({ kind: 'hold', path: '/pulls/', times: Infinity })
  const { child, finished } = start('main', describeRun(PRUNE))
  await waitUntil('as many as may be are open', () => listLookedUp(sandbox).length >= 10)
  child?.kill('SIGKILL')
  await finished
  expect(listLookedUp(sandbox)).toHaveLength(10)
})
