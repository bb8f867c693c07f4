import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { expectNoLeaks, listSealed } from '../support/leaks.js'
import { expectFailure, messagesOf } from '../support/messages.js'
import { testAction } from '../support/scenario.js'
import { TARGETS } from '../support/secret-outcomes.js'
import { addOldSecret } from '../support/secrets.js'

const test = testAction('.')

const debug = true

/** A key with every character that an encoding changes. */
const ORG_KEY = `mg_org_"quoted"\\back/slash+plus=and&less<more>%25'tick'_0123456789`
const FOREIGN_KEY = 'mg_somebody_elses_key_0123456789'

/** Ways in which a service could quote a key, in every text of a response. */
const ECHOES: Readonly<Record<string, unknown>> = {
  plain: `<< ${ORG_KEY} ${FOREIGN_KEY} >>`,
  'JSON-escaped': JSON.stringify(`it was ${ORG_KEY}, not ${FOREIGN_KEY}`),
  'url-encoded': `key=${encodeURIComponent(ORG_KEY)}&other=${FOREIGN_KEY}`,
  base64: Buffer.from(ORG_KEY).toString('base64'),
  page: `<!doctype html><p>${ORG_KEY} ${FOREIGN_KEY}</p>`,
  detail: { detail: `Unknown key ${ORG_KEY}, did you mean ${FOREIGN_KEY}?` },
  message: { message: `Unknown key "${ORG_KEY}"${FOREIGN_KEY}` },
  error: { error: { message: `Unknown key ${ORG_KEY},${FOREIGN_KEY}` } },
  fields: {
    detail: [
      { loc: ['header', ORG_KEY], msg: `${ORG_KEY} is not ${FOREIGN_KEY}`, input: ORG_KEY },
      { loc: ['body', FOREIGN_KEY], msg: 'Field required', type: 'missing', input: FOREIGN_KEY },
    ],
  },
  long: { detail: `${'x'.repeat(370)} ${ORG_KEY} ${FOREIGN_KEY}` },
  broken: `{"detail":"${JSON.stringify(ORG_KEY).slice(1, -1)}","key":"${FOREIGN_KEY}`,
}

/** Some forms in which a service, a proxy or a page could show a secret; `scrub.test.ts` knows more. */
const FORMS = Object.entries<(secret: string) => string>({
  'in capitals': (secret) => secret.toUpperCase(),
  backwards: (secret) => [...secret].reverse().join(''),
  'in hexadecimal': (secret) => Buffer.from(secret).toString('hex'),
  'in part': (secret) => secret.slice(-18),
  'unpadded, in base64url': (secret) =>
    secret.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_'),
})

describe('nothing leaks', () => {
  test.each(Object.entries(ECHOES))(
    'when responses quote the keys: %s',
    async ({ main, post, sandbox }, [, body]) => {
      const created = await main({}, { debug })
      const runs: RunResult[] = [created]
      for (const status of [400, 401, 403, 404, 422]) {
        sandbox.misbehave({ kind: 'status', status, body, method: 'POST' })
        runs.push(await main({}, { debug }))
      }
      sandbox.misbehave({ kind: 'status', status: 403, body, method: 'GET' })
      runs.push(await main({ if_exists: 'replace' }, { debug }))
      // An ambiguous create reports its response and the search that fails after it.
      sandbox.misbehave({ kind: 'status', status: 500, body, method: 'POST' })
      sandbox.misbehave({ kind: 'status', status: 403, body, method: 'GET' })
      runs.push(await main({}, { debug }))
      sandbox.misbehave({ kind: 'status', status: 403, body, method: 'DELETE' })
      runs.push(await post(created, { revoke: 'always' }, { debug }))

      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, ...Array(7).fill(1), 0])
      expect(runs.flatMap((run) => messagesOf(run, 'error', 'warning'))).toHaveLength(8)
      expectNoLeaks(sandbox, runs, [FOREIGN_KEY])
    },
    { orgKey: ORG_KEY },
  )

  test.each(FORMS)('when the Management API quotes a secret %s', async (scenario, [, change]) => {
    const { succeed, main, post, sandbox } = scenario
    const created = await succeed()
    const secrets = [sandbox.orgKey, ...sandbox.keys().map(({ key }) => key)].map(change)
    const answer = { status: 403, body: { detail: `Refused: ${secrets.join(' and ')}!` } }
    sandbox.misbehave({ kind: 'status', ...answer, method: 'POST' })
    const refused = await main({}, { debug })
    sandbox.misbehave({ kind: 'status', ...answer, method: 'DELETE' })
    const cleaned = await post(created, { revoke: 'always' }, { debug })
    const location = `https://${secrets[0]}.example/${secrets[0]}?key=${secrets[1]}`
    sandbox.misbehave({ kind: 'redirect', method: 'POST', location })
    const redirected = await main({}, { debug })

    // The service's words stay, or go as a whole where a piece of a secret is left in them.
    expectFailure(refused, / returned 403 .*: (?:Refused: .*|\*\*\*)\. org_key is not allowed/)
    expectFailure(redirected, / returned 30\d .*: (?:a redirect to |\*\*\*)/)
    expectNoLeaks(sandbox, [refused, cleaned, redirected], secrets)
  })

  test.each(['label', 'role', 'created_at'])(
    'when the response repeats the value as %s: such a key is revoked',
    async ({ main, sandbox }, field) => {
      const toJSON = () => {
        const { id, key } = sandbox.keys().at(-1) ?? {}
        return { id, key, [field]: `fake ${key}` }
      }
      const made = { status: 200, after: 'work', method: 'POST', body: { toJSON } } as const
      sandbox.misbehave({ kind: 'status', ...made, times: 5 })
      const run = await main({ output_key: 'false', env_name: 'JUNCTION_KEY' }, { debug })
      expectFailure(run, 'contains no secret value')
      expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([5, []])
      expectNoLeaks(sandbox, [run])
    },
  )

  test('into request headers that a log would show', async ({ main, post, sandbox }) => {
    sandbox.misbehave({ kind: 'reset', method: 'POST' })
    sandbox.misbehave({ kind: 'delay', delayMs: 150, method: 'DELETE' })
    const created = await main({}, { debug })
    const cleaned = await post(created, { revoke: 'always' }, { debug })
    const log = [created, cleaned].map(({ lines }) => lines.join('\n')).join('\n')
    expect(log).toMatch(/::debug::POST \S+management_key → .+ in \d+ ms \(attempt 1\)/)
    expect(log).toMatch(/::debug::POST \S+management_key → 200 in \d+ ms \(attempt 2\)/)
    const [, duration] = /::debug::DELETE \S+ → 200 in (\d+) ms \(attempt 1\)/.exec(log) ?? []
    expect(Number(duration)).toBeGreaterThan(140)
    expect(log.toLowerCase()).not.toMatch(/x-management-key|user-agent/)
  })
})

describe('nothing leaks of a step with secrets', () => {
  const test = testAction('. with secrets')

  test('when everything succeeds, from first to last', async ({ succeed, post, sandbox }) => {
    addOldSecret(sandbox, { store: 'agents' })
    const inputs = { secret_targets: `${TARGETS}\nenv=new`, create_environments: 'true' }
    const result = await succeed(inputs, { debug })
    const cleaned = await post(result, { revoke: 'always' }, { debug })
    expect(listSealed(sandbox)).toHaveLength(4)
    expectNoLeaks(sandbox, [result, cleaned])
    expect(result.masks.slice(0, 3)).toEqual([
      ...[sandbox.orgKey, sandbox.githubToken, sandbox.keys()[0]?.key],
    ])
    // What the log is for.
    const log = result.shown.join('\n')
    expect(log).toMatch(/GET \S+\/agents\/secrets\/public-key → 200 in \d+ ms \(attempt 1\)/)
    expect(log).toMatch(/PUT \S+\/actions\/secrets\/JUNCTION_KEY → 201 in \d+ ms \(attempt 1\)/)
    expect(cleaned.shown.join('\n')).toMatch(/DELETE \S+\/JUNCTION_KEY → 204 in \d+ ms/)
    // Nor does any request to GitHub contain the key itself.
    const github = sandbox.requests.filter(({ path }) => path.startsWith('/github/'))
    expect(JSON.stringify(github)).not.toContain(sandbox.keys()[0]?.key)
    for (const { headers } of github) {
      expect(headers).not.toHaveProperty('x-management-key')
      expect(headers['user-agent']).toMatch(/^junction-management-key\/\d+\.\d+\.\d+/)
    }
  })

  test.each(['text', 'fields'])(
    'when GitHub echoes what it was sent, as %s',
    async (scenario, kind) => {
      const { main, succeed, post, sandbox } = scenario
      // Header and all, as a careless proxy would.
      const toJSON = () => {
        const last = sandbox.requests.at(-1)
        const { authorization } = last?.headers ?? {}
        const body = JSON.stringify(last?.body)
        const message = `Refused: ${authorization} ${body} ${sandbox.keys().at(-1)?.key}`
        return kind === 'text'
          ? message
          : { message, errors: [last?.body, { value: authorization }] }
      }
      const headers = { 'x-accepted-github-permissions': `secrets=write; ${sandbox.githubToken}` }
      const echo = (status: number) =>
        ({ kind: 'status', status, body: { toJSON }, headers }) as const
      sandbox.misbehave({ ...echo(502), method: 'PUT' })
      sandbox.misbehave({ ...echo(500), path: '/public-key' })
      const created = await succeed({}, { debug })
      expect(created.shown.join('\n')).toContain('(attempt 2)')
      sandbox.misbehave({ ...echo(403), path: '/public-key' })
      const unread = await main({}, { debug })
      expectFailure(unread, /GitHub returned 403: "?Refused: /)
      sandbox.misbehave({ ...echo(403), method: 'DELETE', path: '/actions/secrets/' })
      const cleaned = await post(created, { revoke: 'always' }, { debug })
      expect(messagesOf(cleaned, 'warning')[0]).toMatch(/GitHub returned 403: "?Refused: /)
      sandbox.misbehave({ ...echo(422), method: 'PUT', skip: 1 })
      const unwritten = await main({ secret_targets: TARGETS }, { debug })
      expectFailure(unwritten, /GitHub returned 422: "?Refused: /)
      expect(listSealed(sandbox).length).toBeGreaterThanOrEqual(4)
      expectNoLeaks(sandbox, [created, unread, cleaned, unwritten])
    },
  )

  test.each(FORMS)('when GitHub quotes a secret %s', async ({ main, sandbox }, [, change]) => {
    /** Known only when the response is created. */
    const listSecrets = () => {
      const keys = sandbox.keys().map(({ key }) => key)
      return [sandbox.githubToken, ...keys, ...listSealed(sandbox)].map(change)
    }
    const body = { toJSON: () => ({ message: `Refused: ${listSecrets().join(' and ')}!` }) }
    const headers = {
      'x-accepted-github-permissions': `secrets=write,organization_secrets=write; ${change(sandbox.githubToken)}`,
    }
    sandbox.misbehave({ kind: 'status', status: 403, body, headers, method: 'PUT' })
    const refused = await main({}, { debug })
    expect(messagesOf(refused, 'error').join('\n')).toMatch(
      /GitHub returned 403: (?:Refused: .*|\*\*\*)\. github_token is not allowed/,
    )
    expectNoLeaks(sandbox, [refused], listSecrets())
  })

  test('when the connection breaks in the middle of a write', async ({ succeed, sandbox }) => {
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'PUT' })
    expectNoLeaks(sandbox, [await succeed({}, { debug })])
  })

  test('when a redirect leads elsewhere, which gets no token', async ({ main, sandbox }) => {
    const location = `${sandbox.url}/elsewhere`
    sandbox.misbehave({ kind: 'redirect', location, path: '/public-key' })
    const result = await main({}, { debug })
    expect(result.exitCode).toBe(1)
    expect(sandbox.requests.map(({ path }) => path)).not.toContain('/elsewhere')
    expect(sandbox.keys()).toEqual([])
    expectNoLeaks(sandbox, [result])
  })
})
