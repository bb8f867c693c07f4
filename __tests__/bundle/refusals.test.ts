import { describe, expect } from '@jest/globals'
import type { Fault, StatusFault } from '../../sandbox/types.js'
import { expectFailure } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { SECRET, testAction } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'

const test = testAction('. with secrets')

const KEY_PATH = '/public-key'

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
      sandbox.misbehave({ ...fault, method: 'GET', path: KEY_PATH, times: Infinity })
      const result = await main()
      expectFailure(result, new RegExp(`${SECRET} in repo=octo-org/example: .*${message.source}`))
      const asked = sandbox.requests.filter(({ path }) => path.endsWith(KEY_PATH)).length
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
    sandbox.misbehave({ ...fault, method: 'GET', path: KEY_PATH })
    await succeed()
    expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
  })

  test('is repeated while the environment is new', async ({ succeed, sandbox }) => {
    // Missing before it is created, then once more.
    sandbox.misbehave({ ...refuse(404, 'Not Found'), path: KEY_PATH, skip: 1 })
    await succeed({ secret_targets: 'env=new', create_environments: 'true' })
    expect(listSecrets(sandbox)).toEqual([`octo-org/example env new: ${SECRET} = active`])
  })
})
