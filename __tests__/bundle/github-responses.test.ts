import { describe, expect } from '@jest/globals'
import type { Fault, StatusFault } from '../../sandbox/types.js'
import { expectFailure, messagesOf } from '../support/messages.js'
import { countRequests, listWrites } from '../support/requests.js'
import { SECRET, testAction } from '../support/scenario.js'
import {
  describePlace,
  EVERY_ATTEMPT,
  expectHalf,
  expectRunTakenBack,
  expectTakenBack,
  lineOf,
  listStatuses,
  pathOf,
  readStores,
  TARGETS,
} from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

const test = testAction('. with secrets')

const PAGE = '<html><head><title>Welcome to the gateway</title></head></html>'
const html = (status: number, contentType = 'text/html'): Fault => ({
  ...{ kind: 'status', status, body: PAGE },
  headers: { 'content-type': contentType },
})
const json = (body: unknown): Fault => ({ kind: 'status', status: 200, body })

const KEY_PATH = /\/actions\/secrets\/public-key$/
const ORG_SECRET_PATH = /\/orgs\/octo-org\/actions\/secrets\/JUNCTION_KEY$/
const SHORT_KEY = { key_id: '1', key: Buffer.alloc(31, 7).toString('base64') }

describe('an unreadable response to a read, or none,', () => {
  test.each<[string, RegExp, Fault]>([
    ['a page for a public key', KEY_PATH, html(200)],
    ['half of a public key', KEY_PATH, { kind: 'garble' }],
    ['a public key of 31 bytes', KEY_PATH, json(SHORT_KEY)],
    ['a page for a secret', ORG_SECRET_PATH, html(200)],
    ['a list for a secret', ORG_SECRET_PATH, json([])],
    ['a reset for a secret', ORG_SECRET_PATH, { kind: 'reset' }],
    ['an empty 204 for a secret', /secrets\/JUNCTION_KEY$/, { kind: 'status', status: 204 }],
    ['a repository without an id', /\/repos\/octo-org\/example$/, json({ name: 'example' })],
    ['an object for a list', /\/JUNCTION_KEY\/repositories$/, json({ ids: [1] })],
  ])('is retried: %s', async ({ succeed, sandbox }, [, path, fault]) => {
    const selectedRepositoryIds = sandbox.github.repositories().map(({ id }) => id)
    const access = { visibility: 'selected', selectedRepositoryIds } as const
    sandbox.github.addSecret({ owner: 'octo-org', name: SECRET, ...access })
    sandbox.misbehave({ ...fault, method: 'GET', path })
    const selected = 'org=octo-org app=dependabot visibility=selected repos=example'
    await succeed({ secret_targets: `repo\norg=octo-org\n${selected}` })
    const asked = sandbox.requests.filter((one) => one.method === 'GET' && path.test(one.path))
    const others = new Set(asked.map((one) => one.path)).size - 1
    expect(asked).toHaveLength(2 + others)
  })

  test('is an error for an organization secret whose visibility would be guessed', async (scenario) => {
    const { main, sandbox } = scenario
    sandbox.misbehave({ ...json({ name: SECRET }), path: ORG_SECRET_PATH })
    const run = await main({ secret_targets: 'org=octo-org' })
    expectFailure(run, 'GitHub does not report the visibility of the existing secret')
    expect(countRequests(sandbox, 'POST')).toBe(0)
  })

  test('is an error after every attempt, which quotes no page', async ({ main, sandbox }) => {
    const path = '/public-key'
    sandbox.misbehave({ ...html(200), method: 'GET', path, times: EVERY_ATTEMPT })
    const result = await main({}, { debug: true })
    expectFailure(
      result,
      `- ${SECRET} in repo=octo-org/example: GitHub's response is unreadable after 4 attempts: it is a web page that something in between sent`,
    )
    expect(result.stdout).not.toContain('gateway')
    expect(sandbox.requests.filter((one) => one.path.endsWith(path))).toHaveLength(EVERY_ATTEMPT)
    expect(countRequests(sandbox, 'POST')).toBe(0)
  })
})

const PAGE_SENT = ': a web page that something in between sent, such as a proxy or a firewall'

describe('an error of GitHub’s', () => {
  const failed = (body: unknown): Fault => ({ kind: 'status', status: 502, body })
  test.each<[string, Fault, string]>([
    ['a page', html(502), PAGE_SENT],
    ['a page labeled as JSON', html(502, 'application/json'), PAGE_SENT],
    ['a page of a kind that cannot be parsed', html(502, ';'), PAGE_SENT],
    ['JSON with a page in it', failed({ message: `Bad gateway: ${PAGE}` }), ''],
    ['JSON that is not an error', failed({ servers: 'gateway' }), ''],
  ])('shows only its status when it is %s', async ({ main, sandbox }, [, fault, message]) => {
    sandbox.misbehave({ ...fault, path: '/public-key', times: EVERY_ATTEMPT })
    const result = await main({}, { debug: true })
    expect(result.exitCode).toBe(1)
    expect(messagesOf(result, 'error').join('\n').split('\n')).toContain(
      `- ${SECRET} in repo=octo-org/example: GitHub returned 502 after 4 attempts${message}`,
    )
    expect(result.stdout).not.toContain('gateway')
    // The secret is read beside the key, not after it, and the key once.
    expect(sandbox.requests.filter(({ status }) => status === 404)).toHaveLength(1)
    expect(sandbox.requests).toHaveLength(EVERY_ATTEMPT + 1)
  })

  test('blames no permission when it is a page', async ({ main, sandbox }) => {
    const headers = { 'x-accepted-github-permissions': PAGE }
    sandbox.misbehave({ kind: 'status', status: 403, body: PAGE, headers, path: '/public-key' })
    const result = await main()
    expectFailure(result, `${SECRET} in repo=octo-org/example: GitHub returned 403${PAGE_SENT}`)
    expect(result.stdout).not.toContain('github_token is')
    expect(result.stdout).not.toContain('gateway')
  })
})

describe('a write with an unexpected 2xx', () => {
  test.each(['before', 'work'] as const)('is retried: %s', async ({ succeed, sandbox }, after) => {
    sandbox.misbehave({ kind: 'status', status: 200, after, method: 'PUT' })
    expect(listStatuses(await succeed())).toEqual(['created'])
    expect(readStores(sandbox)).toEqual(['active', 'none', 'none'])
  })

  test.each(['before', 'work'] as const)(
    'every time: a new secret is deleted and the key revoked: %s',
    async (parts, after) => {
      const fault = { status: 202, after, method: 'PUT', path: pathOf('dependabot') } as const
      parts.sandbox.misbehave({ kind: 'status', ...fault, times: EVERY_ATTEMPT })
      const result = await expectRunTakenBack(parts, { secret_targets: TARGETS })
      expectFailure(
        result,
        `${SECRET} in ${describePlace('dependabot')} could not be written: GitHub's response is unreadable after 4 attempts: the status is 202, and only 201 or 204 confirms the request`,
      )
      expect(result.stdout).toContain(
        `Rolled back: deleted ${SECRET} in ${describePlace('actions')}\n`,
      )
      const again = `deleted ${SECRET} in ${describePlace('dependabot')}`
      expect(result.stdout.includes(again)).toBe(after === 'work')
    },
  )

  test('every time, on an old secret: the key stays', async ({ main, sandbox }) => {
    addOldSecret(sandbox)
    const fault = { kind: 'status', status: 200, after: 'work', method: 'PUT' } as const
    sandbox.misbehave({ ...fault, times: EVERY_ATTEMPT })
    expectHalf(await main(), sandbox, { unsure: ['actions'] })
  })

  test('creates no environment', async ({ main, sandbox }) => {
    const fault = { status: 202, method: 'PUT', path: '/environments/', times: EVERY_ATTEMPT }
    sandbox.misbehave({ kind: 'status', ...fault })
    const result = await main({ secret_targets: 'env=new', create_environments: 'true' })
    expectFailure(
      result,
      "repo=octo-org/example env=new: GitHub's response is unreadable after 4 attempts: the status is 202, and only 200 confirms the request",
    )
    expect(result.stdout).not.toContain('Created environment')
    expect(countRequests(sandbox, 'POST')).toBe(0)
  })
})

describe('what post reports as deleted', () => {
  test('is not what can no longer be seen, and the key stays', async ({ main, post, sandbox }) => {
    const result = await main()
    sandbox.github.withhold({ path: '/actions/secrets/', status: 404 })
    const cleaned = await post(result, { revoke: 'always' })
    expect(readStores(sandbox)).toEqual(['active', 'none', 'none'])
    expect(cleaned.stdout).not.toContain(`Deleted ${SECRET}`)
    const problem = `A secret could not be read:\n- ${SECRET} in ${describePlace('actions')}: GitHub returned 404`
    expect(messagesOf(cleaned, 'warning')).toEqual([
      expect.stringContaining(problem),
      expect.stringContaining(`Management Key ${result.outputs['key_id']} was left active`),
    ])
  })

  test('was there', async ({ main, clean, sandbox }) => {
    const result = await main({ secret_targets: TARGETS })
    await fetch(`${sandbox.githubUrl}${pathOf('agents')}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${sandbox.githubToken}` },
    })
    const cleaned = await clean(result, { revoke: 'always' })
    expect(listSecrets(sandbox)).toEqual([])
    expect(sandbox.activeKeys()).toEqual([])
    const deleted = cleaned.stdout.match(/Deleted \S+ in .*/g)
    expect(deleted).toEqual([
      `Deleted ${SECRET} in ${describePlace('actions')}`,
      `Deleted ${SECRET} in ${describePlace('dependabot')}`,
    ])
  })

  test('got a 204', async ({ main, clean, sandbox }) => {
    const result = await main()
    sandbox.misbehave({ kind: 'status', status: 200, method: 'DELETE', path: pathOf('actions') })
    await clean(result, { revoke: 'always' })
    expect(listSecrets(sandbox)).toEqual([])
    const deletes = listWrites(sandbox).filter((write) => write.startsWith('DELETE'))
    expect(deletes).toEqual([200, 204].map((status) => `DELETE ${pathOf('actions')} ${status}`))
  })
})

/** Rate limits of GitHub, or of something in front of it; lifted a second later, or when a slow machine has asked. */
const LIMITS: readonly (readonly [string, () => Fault])[] = [
  ['a secondary limit (403)', () => ({ kind: 'status', status: 403, retryAfter: 1 })],
  [
    'a primary limit',
    () => ({
      kind: 'status',
      status: 403,
      headers: {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 100),
      },
    }),
  ],
  ['a 429 that names no time', () => ({ kind: 'status', status: 429, body: { message: 'busy' } })],
]

describe('a rate limit', () => {
  for (const [what, createFault] of LIMITS) {
    for (const [method, path] of [
      ['GET', '/public-key'],
      ['PUT', pathOf('actions')],
    ] as const) {
      test(`${what} on ${method} causes a pause`, async ({ succeed, sandbox, pauses }) => {
        sandbox.misbehave({ ...createFault(), method, path })
        await succeed()
        expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
        expect(sandbox.keys()).toHaveLength(1)
        const [first, second, ...more] = sandbox.requests.filter(
          (request) => request.method === method && request.path.endsWith(path),
        )
        expect(more).toEqual([])
        expect(first?.status).toBeGreaterThanOrEqual(403)
        expect(second?.status).toBeLessThan(300)
        expect(pauses()).toHaveLength(1)
        expect(pauses()[0]).toBeGreaterThan(900)
      })
    }
  }

  test('that lasts long ends the step; the key is revoked', async ({ main, sandbox, pauses }) => {
    const path = pathOf('actions')
    sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 3600, method: 'PUT', path })
    const result = await main()
    expectTakenBack(result, sandbox, [])
    expectFailure(result, 'GitHub returned 429')
    expect(pauses()).toEqual([])
  })

  test('counts as one of four attempts, among other failures', async ({ main, sandbox }) => {
    const path = '/public-key'
    for (const status of [502, 403, 502, 429, 502]) {
      sandbox.misbehave({ kind: 'status', status, retryAfter: 1, method: 'GET', path })
    }
    const result = await main()
    expect(result.exitCode).toBe(1)
    const asked = sandbox.requests.filter((request) => request.path.endsWith(path))
    expect(asked.map(({ status }) => status)).toEqual([502, 403, 502, 429])
    expect(sandbox.keys()).toEqual([])
  })

  test('after a lost response does not hide what was written', async ({ main, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 502, after: 'work', method: 'PUT' })
    sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 3600, method: 'PUT' })
    expectTakenBack(await main(), sandbox, [])
  })

  test('a 503 is retried no sooner than its Retry-After', async ({ succeed, sandbox, pauses }) => {
    sandbox.misbehave({ kind: 'status', status: 503, retryAfter: 3, path: '/public-key' })
    await succeed()
    expect(pauses()).toEqual([3_000])
  })
})

const PUBLIC_KEY = '/public-key'

const refuse = (status: number, message: string, more: Partial<StatusFault> = {}): StatusFault => ({
  ...{ kind: 'status', status, body: { message } },
  ...more,
})
const UNKNOWN = refuse(401, 'Bad credentials')
const INACCESSIBLE = refuse(403, 'Resource not accessible by integration', {
  headers: { 'x-accepted-github-permissions': 'secrets=read' },
})
const ZEROS = { key_id: '1', key: Buffer.alloc(32).toString('base64') }
const RATE_LIMIT = {
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3_600),
}

/** What GitHub says instead of a public key, what the error says then, and whether it is asked again. */
const REFUSALS: readonly (readonly [what: string, Fault, RegExp, isRepeated?: true])[] = [
  [
    'an archived repository',
    refuse(403, 'Repository was archived so is read-only.'),
    /403: Repository was archived so is read-only\. Unarchive the repository, or do without it$/,
  ],
  ['an IP allow list', refuse(403, 'has an IP allow list enabled'), /address is on that list/],
  ['SAML', refuse(403, 'by organization SAML enforcement.'), /Authorize github_token for sin/],
  [
    "an organization's policy for tokens",
    refuse(403, 'forbids access via a personal access token (classic).'),
    /\(classic\)\. Use a token that the policy of the organization allows$/,
  ],
  ['a suspended app', refuse(403, 'has been suspended'), /Have the GitHub App unsuspended/],
  [
    'a primary rate limit',
    refuse(403, 'API rate limit exceeded.', { headers: RATE_LIMIT }),
    /exceeded\. It asks to wait until [\d -:]+ UTC, which is too long for a job$/,
  ],
  [
    'a secondary rate limit',
    refuse(403, 'You have exceeded a secondary rate limit.', { retryAfter: 3_600 }),
    /rate limit\. It asks to wait until [\d -:]+ UTC, which is too long for a job$/,
  ],
  [
    'a lack of permission, for as long as a new token may take',
    INACCESSIBLE,
    /403 after \d attempts: Resource not accessible.*with the permission secrets: write$/,
    true,
  ],
  [
    'a token that stays unknown',
    UNKNOWN,
    /401 after \d attempts: Bad credentials\. github_token is invalid or has expired$/,
    true,
  ],
  ['no such repository', refuse(404, 'Not Found'), /404: Not Found\. It does not exist, or/],
  [
    'a renamed repository',
    refuse(301, 'Moved Permanently', { headers: { location: '/repositories/42/actions' } }),
    /octo-org\/example was renamed or transferred and is octo-org\/new now\. Change octo-org\/example to octo-org\/new in secret_targets$/,
  ],
  [
    'a public key of zeros',
    { kind: 'status', status: 200, body: ZEROS },
    /the public key that GitHub returned for it cannot encrypt anything$/,
  ],
]

describe('what GitHub says instead of a public key', () => {
  test.each(REFUSALS)(
    'ends the step before the create, with its own advice: %s',
    async (scenario, row) => {
      const { main, sandbox } = scenario
      const [, fault, message, isRepeated = false] = row
      const body = { full_name: 'octo-org/new' }
      sandbox.misbehave({ kind: 'status', status: 200, body, path: '/repositories/42' })
      sandbox.misbehave({ ...fault, method: 'GET', path: PUBLIC_KEY, times: Infinity })
      const result = await main()
      expectFailure(result, new RegExp(`${SECRET} in repo=octo-org/example: .*${message.source}`))
      const asked = sandbox.requests.filter(({ path }) => path.endsWith(PUBLIC_KEY)).length
      expect([asked > 1, asked <= 6]).toEqual([isRepeated, true])
      expect(countRequests(sandbox, 'POST')).toBe(0)
      const advice = result.annotations.map((one) => one.message).join('\n')
      expect(advice).not.toMatch(/=read|\.\./)
      if (fault !== INACCESSIBLE) expect(advice).not.toMatch(/permission /)
    },
  )

  test.each<[string, Fault]>([
    ['401', UNKNOWN],
    ['403', INACCESSIBLE],
  ])('is repeated while the token is new: %s', async ({ succeed, sandbox }, [, fault]) => {
    sandbox.misbehave({ ...fault, method: 'GET', path: PUBLIC_KEY })
    await succeed()
    expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
  })

  test('is repeated while the environment is new', async ({ succeed, sandbox }) => {
    // Missing before it is created, then once more.
    sandbox.misbehave({ ...refuse(404, 'Not Found'), path: PUBLIC_KEY, skip: 1 })
    await succeed({ secret_targets: 'env=new', create_environments: 'true' })
    expect(listSecrets(sandbox)).toEqual([`octo-org/example env new: ${SECRET} = active`])
  })
})
