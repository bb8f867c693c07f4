import { describe, expect, test } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { Sandbox } from '../../sandbox/types.js'
import { daysBefore } from '../support/listed-keys.js'
import { expectFailure, messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { withAction } from '../support/scenario.js'
import { waitUntil } from '../support/wait-until.js'

const PRUNE = { label_pattern: 'preview-{pr}*', closed_pull_requests: 'true', dry_run: 'false' }

/** Numbers of the pull requests that were looked up, in numerical order. */
function listLookedUp({ requests }: Sandbox): readonly number[] {
  return requests
    .flatMap(({ path }) => /\/pulls\/(\d+)$/.exec(path)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

describe('closed pull requests', () => {
  test('a key is revoked when its pull request is closed or merged', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      const { github, repository } = sandbox
      github.addPullRequest(repository, 1)
      github.addPullRequest(repository, 2, { state: 'closed' })
      github.addPullRequest(repository, 3, { merged: true })
      github.addPullRequest(repository, 23)
      const labels = [
        'preview-1',
        'preview-2',
        'preview-3',
        'preview-23',
        'preview-03',
        'preview-x',
      ]
      for (const label of [...labels, 'preview-404']) addKey(label)
      const pruned = await main(PRUNE)
      expect(pruned.outcome).toBe('success')
      expect(liveLabels()).toEqual(
        ['preview-1', 'preview-23', 'preview-03', 'preview-x', 'preview-404'].sort(),
      )
      expect(pruned.summary.match(/pull request closed/g)).toHaveLength(2)
      expect(listLookedUp(sandbox)).toEqual([1, 2, 3, 23, 404])
    }))

  test('each is looked up once, even with many keys, and before the first revocation', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      sandbox.github.addPullRequest(sandbox.repository, 7, { state: 'closed' })
      for (const suffix of ['', '-eu', '-us', '-eu']) addKey(`preview-7${suffix}`)
      addKey('preview-8')
      await main(PRUNE)
      expect(listLookedUp(sandbox)).toEqual([7, 8])
      expect(sandbox.requests.map(({ method }) => method)).toEqual([
        ...Array(3).fill('GET'),
        ...Array(4).fill('DELETE'),
      ])
    }))

  test('a reopened pull request keeps its key', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      const { github, repository } = sandbox
      github.addPullRequest(repository, 7)
      github.addPullRequest(repository, 7, { state: 'closed' })
      github.addPullRequest(repository, 7, { state: 'open' })
      addKey('preview-7')
      await main(PRUNE)
      expect(liveLabels()).toEqual(['preview-7'])
    }))

  test('can be set from outside the sandbox’s process', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      const seed = async (number: unknown, state: string) => {
        const body = JSON.stringify({
          pullRequests: [{ repository: sandbox.repository, number, state }],
        })
        const headers = { 'content-type': 'application/json' }
        const url = `${sandbox.url}/_sandbox/github`
        return (await fetch(url, { method: 'POST', headers, body })).status
      }
      expect([await seed(7, 'open'), await seed(8, 'closed')]).toEqual([201, 201])
      expect([await seed('9', 'open'), await seed(9, 'merged'), await seed(0, 'open')]).toEqual([
        422, 422, 422,
      ])
      for (const label of ['preview-7', 'preview-8', 'preview-9']) addKey(label)
      await main(PRUNE)
      expect(liveLabels()).toEqual(['preview-7', 'preview-9'])
      await seed(7, 'closed')
      await main(PRUNE)
      expect(liveLabels()).toEqual(['preview-9'])
    }))

  test('another repository’s pull request of the same number does not count', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      sandbox.github.addRepository('octo-org/other')
      sandbox.github.addPullRequest('octo-org/other', 7, { state: 'closed' })
      addKey('preview-7')
      await main(PRUNE)
      expect(liveLabels()).toEqual(['preview-7'])
    }))

  test('works on GitHub Enterprise Server', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      sandbox.github.addPullRequest(sandbox.repository, 7, { merged: true })
      addKey('preview-7')
      const pruned = await main({ ...PRUNE, github_api_url: sandbox.ghesUrl })
      expect(pruned.outcome).toBe('success')
      expect(liveLabels()).toEqual([])
      expect(sandbox.requests[1]?.path).toBe(`/api/v3/repos/${sandbox.repository}/pulls/7`)
    }))

  test('with both rules, either is enough', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      const { github, repository } = sandbox
      const old = { createdAt: daysBefore(8) }
      for (const number of [1, 2]) github.addPullRequest(repository, number)
      for (const number of [3, 4]) github.addPullRequest(repository, number, { state: 'closed' })
      addKey('preview-1')
      addKey('preview-2', old)
      addKey('preview-3')
      addKey('preview-4', old)
      addKey('preview-5', old)
      addKey('preview-6', { createdAt: 'never' })
      const pruned = await main({ ...PRUNE, older_than: '7d' })
      expect(liveLabels()).toEqual(['preview-1', 'preview-6'])
      const candidates: { label: string; reasons: string[] }[] = JSON.parse(
        pruned.outputs['candidates'] ?? '',
      )
      expect(Object.fromEntries(candidates.map(({ label, reasons }) => [label, reasons]))).toEqual({
        'preview-2': ['old'],
        'preview-3': ['closed'],
        'preview-4': ['old'],
        'preview-5': ['old'],
      })
    }))

  test('a key of unknown age is revoked too', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      sandbox.github.addPullRequest(sandbox.repository, 7, { state: 'closed' })
      addKey('preview-7', { createdAt: 'garbage' })
      sandbox.misbehave({ kind: 'no-date', method: 'GET' })
      const pruned = await main(PRUNE)
      expect(liveLabels()).toEqual([])
      expect(pruned.summary).toContain('| unknown |')
      expect(pruned.outputs['candidates']).toContain('"age_seconds":null')
    }))
})

describe('when GitHub does not report a state', () => {
  test('403 stops before any revocation, with the permission that is needed', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      const { github, repository } = sandbox
      addKey('preview-7', { createdAt: daysBefore(8) })
      addKey('preview-8')
      github.addPullRequest(repository, 8, { state: 'closed' })
      github.withhold({ path: '/pulls/8' })
      const token = { github_token: sandbox.githubToken }
      const pruned = await main({ ...PRUNE, ...token, older_than: '7d' })
      expect(pruned.outcome).toBe('failure')
      const error = messagesOf(pruned, 'error').join('\n')
      expect(error).toContain('nothing was revoked')
      expect(error).toContain('pull-requests: read')
      expect(error).not.toContain('=read')
      expect(listChanges(sandbox)).toEqual([])
      expect(pruned.outputs['revoked_key_ids'] ?? '[]').toBe('[]')
    }))

  test('so does a token that is not valid', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      addKey('preview-7')
      const pruned = await main({ ...PRUNE, github_token: 'ghs_sandbox_no_such_token' })
      expectFailure(pruned, 'github_token is invalid')
      expect(listChanges(sandbox)).toEqual([])
    }))

  test('a response that is not a pull request closes none', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      addKey('preview-7')
      sandbox.misbehave({ kind: 'status', status: 200, path: '/pulls/7', body: ['closed'] })
      await main(PRUNE)
      expect(liveLabels()).toEqual(['preview-7'])
    }))

  test('a transient failure is retried', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      sandbox.github.addPullRequest(sandbox.repository, 7, { state: 'closed' })
      addKey('preview-7')
      sandbox.misbehave({ kind: 'status', status: 502, path: '/pulls/7' })
      expect((await main(PRUNE)).outcome).toBe('success')
      expect(liveLabels()).toEqual([])
    }))
})

test('not too many are looked up at once', () =>
  withAction('prune', async ({ describeRun, addKey, sandbox }) => {
    for (let number = 1; number <= 60; number += 1) addKey(`preview-${number}`)
    sandbox.misbehave({ kind: 'hold', path: '/pulls/', times: Infinity })
    const { child, finished } = start('main', describeRun(PRUNE))
    await waitUntil('as many as may be are open', () => listLookedUp(sandbox).length >= 6)
    child?.kill('SIGKILL')
    await finished
    expect(listLookedUp(sandbox)).toHaveLength(6)
  }))
