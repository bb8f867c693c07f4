import { describe, expect, test } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Fault, Sandbox } from '../../sandbox/types.js'
import { messagesOf } from '../support/messages.js'
import { type Scenario, withAction } from '../support/scenario.js'
import { EVERY_ATTEMPT } from '../support/secret-outcomes.js'

const PAGE = '<html><head><title>Welcome to the gateway</title></head></html>'

/** Runs revoke by label for one target, with the secret unless the target is missing. */
function revoke({ main, sandbox }: Scenario, target: string, inputs: Record<string, string> = {}) {
  return main({
    ...{ label: 'a', github_token: sandbox.githubToken, secret_name: 'A_KEY' },
    ...{ secret_targets: target, ...inputs },
  })
}

function addSecret({ github, repository }: Sandbox): void {
  const [owner = '', repo = ''] = repository.split('/')
  github.addSecret({ owner, repo, name: 'A_KEY' })
}

function expectNothingRevoked(
  result: RunResult,
  { liveLabels }: Scenario,
  labels: readonly string[],
): string {
  expect(result.exitCode).toBe(1)
  expect(liveLabels()).toEqual(labels)
  expect(result.outputs['revoked_key_ids'] ?? '[]').toBe('[]')
  expect(result.stdout).not.toContain('gateway')
  return messagesOf(result, 'error').join('\n')
}

describe('revoke, and a place that cannot be seen', () => {
  for (const target of [
    'repo=octo-org/exmaple',
    'env=preveiw',
    'org=octo-ogr',
    'org=octo-ogr app=dependabot',
  ]) {
    test.concurrent(`does not mistake a misspelled target for a deleted secret: ${target}`, () =>
      withAction('revoke', async (companion) => {
        companion.addKey('a')
        const result = await revoke(companion, target)
        const error = expectNothingRevoked(result, companion, ['a'])
        expect(error).toContain('A secret could not be deleted, so no key was revoked')
        expect(error).toContain(`A_KEY in ${target.replace(/^env/, 'repo=octo-org/example env')}`)
        expect(error).toContain('GitHub returned 404')
        expect(result.outputs['deleted_secrets']).toBe('[]')
      }))

    test.concurrent(`does not mistake it for a missing secret in a dry run: ${target}`, () =>
      withAction('revoke', async (companion) => {
        companion.addKey('a')
        const result = await revoke(companion, target, { dry_run: 'true' })
        const error = expectNothingRevoked(result, companion, ['a'])
        expect(error).toContain('could not be read')
        expect(error).toContain('GitHub returned 404')
      }))
  }

  test.concurrent('deletes what is visible', () =>
    withAction('revoke', async (companion) => {
      companion.addKey('a')
      addSecret(companion.sandbox)
      const result = await revoke(companion, 'repo\nenv=preveiw')
      const error = expectNothingRevoked(result, companion, ['a'])
      expect(error).not.toContain('A_KEY in repo=octo-org/example:')
      expect(JSON.parse(result.outputs['deleted_secrets'] ?? '')).toEqual([
        { target: 'repo=octo-org/example', name: 'A_KEY' },
      ])
    }))

  test.concurrent('requires a readable public key', () =>
    withAction('revoke', async (companion) => {
      companion.addKey('a')
      companion.sandbox.misbehave({
        ...{ kind: 'status', status: 200, body: PAGE, path: '/public-key', times: EVERY_ATTEMPT },
      })
      const error = expectNothingRevoked(await revoke(companion, 'repo'), companion, ['a'])
      expect(error).toContain(
        "A_KEY in repo=octo-org/example: GitHub's response is unreadable after 4 attempts: it is a web page",
      )
    }))

  test.concurrent('accepts a secret that is missing from a visible place', () =>
    withAction('revoke', async (companion) => {
      companion.addKey('a')
      companion.sandbox.github.addEnvironment(companion.sandbox.repository, 'preview')
      const result = await revoke(companion, 'repo\nenv=preview\norg=octo-org')
      expect(result.outcome).toBe('success')
      expect(result.outputs['deleted_secrets']).toBe('[]')
      expect(companion.liveLabels()).toEqual([])
    }))
})

describe('revoke, and a delete with an unexpected 2xx', () => {
  for (const status of [200, 202]) {
    const fault: Fault = { kind: 'status', status, method: 'DELETE', path: '/secrets/' }

    test.concurrent(`retries it: ${status}`, () =>
      withAction('revoke', async (companion) => {
        companion.addKey('a')
        addSecret(companion.sandbox)
        companion.sandbox.misbehave(fault)
        const result = await revoke(companion, 'repo')
        expect(result.outcome).toBe('success')
        expect(companion.sandbox.github.secrets()).toEqual([])
        expect(JSON.parse(result.outputs['deleted_secrets'] ?? '')).toHaveLength(1)
      }))

    test.concurrent(`fails after every attempt: ${status}`, () =>
      withAction('revoke', async (companion) => {
        companion.addKey('a')
        addSecret(companion.sandbox)
        companion.sandbox.misbehave({ ...fault, times: EVERY_ATTEMPT })
        const error = expectNothingRevoked(await revoke(companion, 'repo'), companion, ['a'])
        expect(error).toContain(
          `A_KEY in repo=octo-org/example: GitHub's response is unreadable after 4 attempts: the status is ${status}, and only 204 confirms the request`,
        )
      }))
  }
})

describe('prune, and pull requests without a readable state', () => {
  const PRUNE = { label_pattern: 'preview-{pr}', closed_pull_requests: 'true', dry_run: 'false' }
  const responses: readonly (readonly [what: string, body: unknown])[] = [
    ['no state', { number: 7, merged: true }],
    ['an invalid state', { number: 7, state: 'merged' }],
    ['a list', ['closed']],
    ['a page', PAGE],
  ]
  for (const [what, body] of responses) {
    test.concurrent(`retries, then revokes nothing: ${what}`, () =>
      withAction('prune', async (companion) => {
        const { main, addKey, sandbox } = companion
        sandbox.github.addPullRequest(sandbox.repository, 8, { state: 'closed' })
        for (const label of ['preview-7', 'preview-8']) addKey(label)
        const path = '/pulls/7'
        sandbox.misbehave({ kind: 'status', status: 200, path, body, times: EVERY_ATTEMPT })
        const error = expectNothingRevoked(await main(PRUNE), companion, ['preview-7', 'preview-8'])
        expect(error).toContain('The pull requests of octo-org/example could not be looked up')
        expect(error).toMatch(/whether pull request 7 is open or closed|a web page/)
        const asked = sandbox.requests.filter((request) => request.path.endsWith(path))
        expect(asked).toHaveLength(EVERY_ATTEMPT)
      }))
  }

  test.concurrent('revokes nothing when the repository is not visible', () =>
    withAction('prune', async (companion) => {
      const { main, addKey, sandbox } = companion
      for (const label of ['preview-7', 'preview-8']) {
        addKey(label, { createdAt: '2020-01-01T00:00:00Z' })
      }
      sandbox.github.withhold({ path: '/repos/', status: 404 })
      const token = { github_token: sandbox.githubToken }
      const pruned = await main({ ...PRUNE, ...token, older_than: '7d' })
      const error = expectNothingRevoked(pruned, companion, ['preview-7', 'preview-8'])
      expect(error).toContain('could not be looked up, so nothing was revoked')
      expect(error).toContain(
        'octo-org/example was not found, or github_token does not have access',
      )
      expect(sandbox.requests.filter(({ path }) => path.endsWith('/example'))).toHaveLength(1)
    }))

  test.concurrent('keeps the keys of numbers without a pull request', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      for (const label of ['preview-7', 'preview-8']) addKey(label)
      const pruned = await main(PRUNE)
      expect(pruned.outcome).toBe('success')
      expect(liveLabels()).toEqual(['preview-7', 'preview-8'])
      expect(sandbox.requests.filter(({ path }) => path.endsWith('/example'))).toHaveLength(1)
    }))

  test.concurrent('quotes no gateway page', () =>
    withAction('prune', async (companion) => {
      const { main, addKey, sandbox } = companion
      addKey('preview-7')
      sandbox.misbehave({
        ...{ kind: 'status', status: 502, path: '/pulls/7', body: PAGE, times: EVERY_ATTEMPT },
      })
      const error = expectNothingRevoked(await main(PRUNE), companion, ['preview-7'])
      expect(error).toMatch(
        /so nothing was revoked: GitHub returned 502 after 4 attempts: a web page[^<]*$/,
      )
    }))
})
