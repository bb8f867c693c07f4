import { describe, expect, test } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { isRecord } from '../../sandbox/shape.js'
import type { Fault, RecordedRequest, Sandbox } from '../../sandbox/types.js'
import { expectFailure, messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { withAction } from '../support/scenario.js'
import { TARGETS } from '../support/secret-outcomes.js'
import { addOldSecret } from '../support/secrets.js'

/** The sealed values that GitHub was sent. */
function listSealed({ requests }: Sandbox): readonly string[] {
  return requests.flatMap(({ body }) =>
    isRecord(body) && typeof body['encrypted_value'] === 'string' ? [body['encrypted_value']] : [],
  )
}

/** Everything that must not be shown: complete, and a piece from the middle of long values. */
function listForbidden(sandbox: Sandbox): readonly string[] {
  const { orgKey, githubToken, requests } = sandbox
  const keys = sandbox.keys().map(({ key }) => key)
  const sealed = listSealed(sandbox)
  const headers = requests.flatMap(({ headers: { authorization } }) => authorization ?? [])
  const pieces = [...sealed, githubToken].map((text) => text.slice(12, 40))
  const encoded = [...keys, githubToken].map((text) => Buffer.from(text).toString('base64'))
  return [...new Set([orgKey, githubToken, ...keys, ...sealed, ...headers, ...pieces, ...encoded])]
}

/** Everything that a step shows to people; the runner hides the mask commands. */
function collectVisible(result: RunResult): readonly string[] {
  const { key: _, ...outputs } = result.outputs
  return [
    ...result.lines.filter((line) => !line.startsWith('::add-mask::')),
    ...result.shown,
    ...result.annotations.map(({ message }) => message),
    result.rawSummary,
    JSON.stringify(result.state),
    JSON.stringify(outputs),
    result.stderr,
  ]
}

function expectNoLeak(sandbox: Sandbox, ...results: readonly RunResult[]): void {
  const forbidden = listForbidden(sandbox)
  for (const text of results.flatMap(collectVisible)) {
    expect(forbidden.filter((secret) => text.includes(secret))).toEqual([])
  }
}

/** A body that echoes the request it answers, header and all, as a careless proxy would. */
function createEcho({ requests, keys }: Sandbox, asText: boolean): { toJSON: () => unknown } {
  return {
    toJSON: () => {
      const last: RecordedRequest | undefined = requests.at(-1)
      const { authorization } = last?.headers ?? {}
      const body = JSON.stringify(last?.body)
      const message = `Refused: ${authorization} ${body} ${keys().at(-1)?.key}`
      return asText ? message : { message, errors: [last?.body, { value: authorization }] }
    },
  }
}

const debug = true

describe('with the debug log on, nothing secret is shown', () => {
  test.concurrent('when everything succeeds, from the first request to the last', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      addOldSecret(sandbox, { store: 'agents' })
      const inputs = { secret_targets: `${TARGETS}\nenv=new`, create_environments: 'true' }
      const result = await main(inputs, { debug })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      const cleaned = await post(result, { revoke: 'always' }, { debug })
      expect(listSealed(sandbox)).toHaveLength(4)
      expectNoLeak(sandbox, result, cleaned)
      expect(result.masks.slice(0, 3)).toEqual([
        ...[sandbox.orgKey, sandbox.githubToken, sandbox.keys()[0]?.key],
      ])
      const log = result.shown.join('\n')
      // What the log is for.
      expect(log).toMatch(/GET \S+\/agents\/secrets\/public-key → 200 in \d+ ms \(attempt 1\)/)
      expect(log).toMatch(/PUT \S+\/actions\/secrets\/JUNCTION_KEY → 201 in \d+ ms \(attempt 1\)/)
      expect(cleaned.shown.join('\n')).toMatch(/DELETE \S+\/JUNCTION_KEY → 204 in \d+ ms/)
    }))

  for (const asText of [false, true]) {
    const kind = asText ? 'text' : 'fields'
    const echo = (sandbox: Sandbox, status: number): Fault => ({
      ...{ kind: 'status', status, body: createEcho(sandbox, asText) },
      headers: { 'x-accepted-github-permissions': `secrets=write; ${sandbox.githubToken}` },
    })

    test.concurrent(`when GitHub echoes a write it rejects (${kind})`, () =>
      withAction('. with secrets', async ({ main, post, sandbox }) => {
        addOldSecret(sandbox)
        sandbox.misbehave({ ...echo(sandbox, 422), method: 'PUT', skip: 1 })
        const result = await main({ secret_targets: TARGETS }, { debug })
        expectFailure(result, /GitHub returned 422: "?Refused: /)
        const cleaned = await post(result, { revoke: 'always' }, { debug })
        expect(listSealed(sandbox).length).toBeGreaterThanOrEqual(2)
        expectNoLeak(sandbox, result, cleaned)
      }))

    test.concurrent(`when GitHub echoes a transient failure (${kind})`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        sandbox.misbehave({ ...echo(sandbox, 502), method: 'PUT' })
        sandbox.misbehave({ ...echo(sandbox, 500), path: '/public-key' })
        const result = await main({}, { debug })
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(result.shown.join('\n')).toContain('(attempt 2)')
        expectNoLeak(sandbox, result)
      }))

    test.concurrent(`when GitHub echoes a read it rejects (${kind})`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        sandbox.misbehave({ ...echo(sandbox, 403), path: '/public-key' })
        const result = await main({}, { debug })
        expectFailure(result, /GitHub returned 403: "?Refused: /)
        expectNoLeak(sandbox, result)
      }))

    test.concurrent(`when GitHub echoes a delete it rejects (${kind})`, () =>
      withAction('. with secrets', async ({ main, post, sandbox }) => {
        const result = await main({}, { debug })
        const path = '/actions/secrets/'
        sandbox.misbehave({ ...echo(sandbox, 403), method: 'DELETE', path })
        const cleaned = await post(result, { revoke: 'always' }, { debug })
        expect(messagesOf(cleaned, 'warning')[0]).toMatch(/GitHub returned 403: "?Refused: /)
        expectNoLeak(sandbox, result, cleaned)
      }))
  }

  test.concurrent('when the connection breaks in the middle of a write', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'PUT' })
      const result = await main({}, { debug })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expectNoLeak(sandbox, result)
    }))

  test.concurrent('and no redirect sends the token to another server', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const location = `${sandbox.url}/elsewhere`
      sandbox.misbehave({ kind: 'redirect', location, path: '/public-key' })
      const result = await main({}, { debug })
      expect(result.exitCode).toBe(1)
      expect(sandbox.requests.map(({ path }) => path)).not.toContain('/elsewhere')
      expect(sandbox.keys()).toEqual([])
      expectNoLeak(sandbox, result)
    }))

  test.concurrent('and no request contains the key in plain text', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      await main({ secret_targets: TARGETS })
      const github = sandbox.requests.filter(({ path }) => path.startsWith('/github/'))
      expect(github.length).toBeGreaterThan(3)
      expect(JSON.stringify(github)).not.toContain(sandbox.keys()[0]?.key)
      for (const { headers } of github) {
        expect(headers).not.toHaveProperty('x-management-key')
        expect(headers['user-agent']).toMatch(/^junction-management-key\/\d+\.\d+\.\d+/)
      }
    }))
})
