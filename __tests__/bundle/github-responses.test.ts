import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { expectFailure, messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { countRequests, listWrites } from '../support/requests.js'
import { SECRET, withAction } from '../support/scenario.js'
import {
  createClock,
  describePlace,
  EVERY_ATTEMPT,
  expectHalf,
  expectRunTakenBack,
  lineOf,
  pathOf,
  TARGETS,
} from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

const PAGE = '<html><head><title>Welcome to the gateway</title></head></html>'
const html = (status: number, contentType = 'text/html'): Fault => ({
  ...{ kind: 'status', status, body: PAGE },
  headers: { 'content-type': contentType },
})
const json = (body: unknown): Fault => ({ kind: 'status', status: 200, body })

/** Unreadable responses to a read. */
const UNREADABLE: readonly (readonly [what: string, path: RegExp, fault: Fault])[] = [
  ['a page for a public key', /\/actions\/secrets\/public-key$/, html(200)],
  ['half of a public key', /\/actions\/secrets\/public-key$/, { kind: 'garble' }],
  [
    'a public key of 31 bytes',
    /\/actions\/secrets\/public-key$/,
    json({ key_id: '1', key: Buffer.alloc(31, 7).toString('base64') }),
  ],
  ['a page for a secret', /\/orgs\/octo-org\/actions\/secrets\/JUNCTION_KEY$/, html(200)],
  ['a list for a secret', /\/orgs\/octo-org\/actions\/secrets\/JUNCTION_KEY$/, json([])],
  ['an empty 204 for a secret', /secrets\/JUNCTION_KEY$/, { kind: 'status', status: 204 }],
  ['a repository without an id', /\/repos\/octo-org\/example$/, json({ name: 'example' })],
  ['an object for a list of repositories', /\/JUNCTION_KEY\/repositories$/, json({ ids: [1] })],
]

describe('an unreadable response to a read', () => {
  for (const [what, path, fault] of UNREADABLE) {
    test.concurrent(`is retried: ${what}`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        sandbox.github.addRepository('octo-org/other')
        const [repository] = sandbox.github.repositories()
        sandbox.github.addSecret({
          ...{ owner: 'octo-org', name: SECRET, visibility: 'selected' },
          selectedRepositoryIds: [repository?.id ?? 0],
        })
        sandbox.misbehave({ ...fault, method: 'GET', path })
        const result = await main({
          secret_targets: [
            'repo',
            'org=octo-org',
            'org=octo-org app=dependabot visibility=selected repos=example',
          ].join('\n'),
        })
        expect(outcomeOf(result)).toEqual(SUCCESS)
        const asked = sandbox.requests.filter((one) => one.method === 'GET' && path.test(one.path))
        const others = new Set(asked.map((one) => one.path)).size - 1
        expect(asked).toHaveLength(2 + others)
      }))
  }

  test.concurrent('is an error after every attempt, which quotes no page', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
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
    }))
})

const PAGE_SENT = ': a web page that something in between sent, such as a proxy or a firewall'

describe('an error of GitHub’s', () => {
  const errors: readonly (readonly [what: string, fault: Fault, message: string])[] = [
    ['a page', html(502), PAGE_SENT],
    ['a page labeled as JSON', html(502, 'application/json'), PAGE_SENT],
    ['a page of a kind that cannot be parsed', html(502, ';'), PAGE_SENT],
    [
      'JSON with a page in it',
      { kind: 'status', status: 502, body: { message: `Bad gateway: ${PAGE}` } },
      '',
    ],
    [
      'JSON that is not an error',
      { kind: 'status', status: 502, body: { servers: 'gateway' } },
      '',
    ],
  ]
  for (const [what, fault, message] of errors) {
    test.concurrent(`shows only its status when it is ${what}`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        sandbox.misbehave({ ...fault, path: '/public-key', times: EVERY_ATTEMPT })
        const result = await main({}, { debug: true })
        expect(result.exitCode).toBe(1)
        const lines = messagesOf(result, 'error').join('\n').split('\n')
        expect(lines).toContain(
          `- ${SECRET} in repo=octo-org/example: GitHub returned 502 after 4 attempts${message}`,
        )
        expect(result.stdout).not.toContain('gateway')
        expect(sandbox.requests).toHaveLength(EVERY_ATTEMPT)
      }))
  }

  test.concurrent('blames no permission when it is a page', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const headers = { 'x-accepted-github-permissions': PAGE }
      sandbox.misbehave({ kind: 'status', status: 403, body: PAGE, headers, path: '/public-key' })
      const result = await main()
      expectFailure(result, `${SECRET} in repo=octo-org/example: GitHub returned 403${PAGE_SENT}`)
      expect(result.stdout).not.toContain('github_token is')
      expect(result.stdout).not.toContain('gateway')
    }))
})

describe('a write with an unexpected 2xx', () => {
  for (const after of ['before', 'work'] as const) {
    test.concurrent(`is retried (${after})`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        sandbox.misbehave({ kind: 'status', status: 200, after, method: 'PUT' })
        const result = await main()
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
        expect(JSON.parse(result.outputs['secrets'] ?? '')).toMatchObject([{ status: 'created' }])
      }))

    test.concurrent(`every time: a new secret is deleted and the key revoked (${after})`, () =>
      withAction('. with secrets', async (parts) => {
        parts.sandbox.misbehave({
          ...{ kind: 'status', status: 202, after, method: 'PUT', path: pathOf('dependabot') },
          times: EVERY_ATTEMPT,
        })
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
      }))
  }

  test.concurrent('every time, on an old secret: it may be written, and the key stays', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      addOldSecret(sandbox)
      const fault = { kind: 'status', status: 200, after: 'work', method: 'PUT' } as const
      sandbox.misbehave({ ...fault, times: EVERY_ATTEMPT })
      expectHalf(await main(), sandbox, { unsure: ['actions'] })
    }))

  test.concurrent('creates no environment', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.misbehave({
        ...{ kind: 'status', status: 202, method: 'PUT', path: '/environments/' },
        times: EVERY_ATTEMPT,
      })
      const result = await main({ secret_targets: 'env=new', create_environments: 'true' })
      expectFailure(
        result,
        "repo=octo-org/example env=new: GitHub's response is unreadable after 4 attempts: the status is 202, and only 200 confirms the request",
      )
      expect(result.stdout).not.toContain('Created environment')
      expect(countRequests(sandbox, 'POST')).toBe(0)
    }))
})

describe('a store that is no longer visible', () => {
  test.concurrent('does not show that an overwritten secret is gone', () => {
    const clock = createClock()
    return withAction(
      '. with secrets',
      async ({ main, sandbox }) => {
        clock.anHourAgo(() => addOldSecret(sandbox))
        sandbox.misbehave({
          ...{ kind: 'reset', when: 'work', method: 'PUT', times: EVERY_ATTEMPT },
        })
        const path = '/actions/secrets/'
        // Two reads find it before the key is created.
        sandbox.misbehave({
          ...{ kind: 'status', status: 404, method: 'GET', path, skip: 2, times: Infinity },
        })
        const result = await main()
        expectHalf(result, sandbox, { unsure: ['actions'] })
      },
      clock,
    )
  })

  test.concurrent('keeps post from revoking the key', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main()
      sandbox.github.withhold({ path: '/actions/secrets/', status: 404 })
      const cleaned = await post(result, { revoke: 'always' })
      expect(cleaned.exitCode).toBe(0)
      expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
      expect(cleaned.stdout).not.toContain(`Deleted ${SECRET}`)
      const warning = messagesOf(cleaned, 'warning').join('\n')
      expect(warning).toContain(
        `${SECRET} in ${describePlace('actions')} could not be deleted: GitHub returned 404`,
      )
      expect(warning).toContain(`Management Key ${result.outputs['key_id']} was left active`)
    }))
})

describe('what post reports as deleted', () => {
  test.concurrent('was there', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main({ secret_targets: TARGETS })
      await fetch(`${sandbox.githubUrl}${pathOf('agents')}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${sandbox.githubToken}` },
      })
      const cleaned = await post(result, { revoke: 'always' })
      expect(cleaned.annotations).toEqual([])
      expect(listSecrets(sandbox)).toEqual([])
      expect(sandbox.activeKeys()).toEqual([])
      const deleted = cleaned.stdout.match(/Deleted \S+ in .*/g)
      expect(deleted).toEqual([
        `Deleted ${SECRET} in ${describePlace('actions')}`,
        `Deleted ${SECRET} in ${describePlace('dependabot')}`,
      ])
    }))

  test.concurrent('got a 204', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main()
      sandbox.misbehave({ kind: 'status', status: 200, method: 'DELETE', path: pathOf('actions') })
      const cleaned = await post(result, { revoke: 'always' })
      expect(cleaned.annotations).toEqual([])
      expect(listSecrets(sandbox)).toEqual([])
      const deletes = listWrites(sandbox).filter((write) => write.startsWith('DELETE'))
      expect(deletes).toEqual([200, 204].map((status) => `DELETE ${pathOf('actions')} ${status}`))
    }))
})
