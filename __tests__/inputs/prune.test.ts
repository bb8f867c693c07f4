import { expect, test } from '@jest/globals'
import { parsePruneInputs } from '../../src/inputs/prune.js'
import { type Given, ORG, readerOf } from '../support/inputs.js'

const ORG_ID = String(ORG['org_id'])
const CLOSED = { closed_pull_requests: 'true', github_token: 'ghs_fake_token' }

const { parse, findProblems } = readerOf(parsePruneInputs, { label_pattern: 'preview-{pr}' })

test('nothing is revoked by default, and at most 20 keys', () => {
  expect(parse()).toMatchObject({
    teamIds: [],
    olderThanMs: undefined,
    supersededForMs: undefined,
    closedPullRequests: false,
    githubToken: '',
    maxRevocations: 20,
    dryRun: true,
  })
})

test('reads every input', () => {
  const { labelPattern, ...inputs } = parse({
    team_id: ORG_ID.toUpperCase(),
    label_pattern: ' a{pr}',
    older_than: ' 90m ',
    superseded_for: '24h',
    closed_pull_requests: ' True ',
    github_token: ' ghs_fake_token\n',
    github_api_url: 'https://ghes.example/api/v3/',
    max_revocations: '0',
    dry_run: 'FALSE',
  })
  expect(inputs).toMatchObject({
    teamIds: [ORG_ID],
    olderThanMs: 5_400_000,
    supersededForMs: 86_400_000,
    closedPullRequests: true,
    githubToken: 'ghs_fake_token',
    githubApiUrl: 'https://ghes.example/api/v3',
    maxRevocations: 0,
    dryRun: false,
  })
  expect([' a1', 'a1'].map(labelPattern.match)).toEqual([{ pullRequest: 1 }, undefined])
})

test.each<Given>([{ older_than: '7d' }, { superseded_for: '1h' }, CLOSED])(
  '%j is rule enough',
  (rule) => {
    expect(findProblems({ ...rule, dry_run: 'false' })).toEqual([])
  },
)

test.each<[Given, string]>([
  [
    { dry_run: 'false', closed_pull_requests: 'false' },
    'dry_run is false, but older_than, closed_pull_requests and superseded_for are not set, so no key counts as stale; set at least one, such as older_than: 7d, or remove dry_run to list the keys that match',
  ],
  [{ label_pattern: '' }, 'label_pattern is empty; enter a pattern such as preview-{pr} or ci-*'],
  [{ label_pattern: '{pr}{pr}' }, 'label_pattern has {pr} more than once; use it once'],
  [{ label_pattern: 'a\nb' }, 'label_pattern contains a line break'],
  [{ ...CLOSED, label_pattern: 'preview-*' }, 'label_pattern has no {pr}'],
  [{ ...CLOSED, github_token: '' }, 'github_token is empty, but closed_pull_requests needs it'],
  [{ ...CLOSED, github_api_url: 'x' }, 'github_api_url is not a valid URL'],
])('%j is refused: %s', (given, problem) => {
  expect(findProblems(given)).toEqual([expect.stringContaining(problem)])
})

test('closed_pull_requests is refused where the repository is unknown', () => {
  expect(findProblems(CLOSED, { repository: '' })).toEqual([
    expect.stringContaining("the workflow's repository is unknown"),
  ])
})

test.each<Given>([{ closed_pull_requests: 'd' }, { older_than: '7' }])(
  '%j is a rule, but a wrong one: it is not missing as well',
  (rule) => {
    expect(findProblems({ ...rule, dry_run: 'false' })).toHaveLength(1)
  },
)
