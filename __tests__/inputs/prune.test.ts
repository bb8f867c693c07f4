import { describe, expect, test } from '@jest/globals'
import { parsePruneInputs } from '../../src/inputs/prune.js'
import { catchProblems } from '../support/catch-problems.js'

const ORG_ID = '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b'
const VALID = { org_key: 'mg_fake_org_key_0000', org_id: ORG_ID, label_pattern: 'preview-{pr}' }
const CONTEXT = {
  repository: 'octo-org/example',
  inputNames: [],
  findWithheldSecrets: () => undefined,
  findProxyProblem: () => undefined,
}

type Given = Readonly<Record<string, string>>
type Context = Parameters<typeof parsePruneInputs>[1]

function parse(given: Given, context: Context = CONTEXT) {
  const inputs: Given = { ...VALID, ...given }
  return parsePruneInputs((name) => inputs[name] ?? '', context)
}

function findProblems(given: Given, context: Context = CONTEXT): readonly string[] {
  return catchProblems(() => parse(given, context))
}

describe('what is read', () => {
  test('nothing is revoked unless the step says so, and 20 at most', () => {
    expect(parse({ older_than: '7d' })).toMatchObject({
      teamIds: [],
      olderThanMs: 604_800_000,
      pullRequests: undefined,
      keep: 0,
      maxRevocations: 20,
      dryRun: true,
    })
  })

  test('everything', () => {
    expect(
      parse({
        team_id: ORG_ID.toUpperCase(),
        older_than: ' 90m ',
        closed_pull_requests: ' True ',
        github_token: ' ghs_fake_token\n',
        github_api_url: 'https://ghes.example/api/v3/',
        keep: '3',
        max_revocations: '0',
        dry_run: 'FALSE',
      }),
    ).toMatchObject({
      teamIds: [ORG_ID],
      olderThanMs: 5_400_000,
      pullRequests: {
        repository: 'octo-org/example',
        githubToken: 'ghs_fake_token',
        githubApiUrl: 'https://ghes.example/api/v3',
      },
      keep: 3,
      maxRevocations: 0,
      dryRun: false,
    })
  })

  test('the pattern, to the letter', () => {
    const { labelPattern } = parse({ label_pattern: ' a{pr}', older_than: '1d' })
    expect(labelPattern.match(' a1')).toEqual({ pullRequest: 1 })
    expect(labelPattern.match('a1')).toBeUndefined()
  })

  test('the token does not matter without closed_pull_requests', () => {
    expect(parse({ older_than: '1d', closed_pull_requests: 'false' }).pullRequests).toBeUndefined()
  })
})

describe('what is refused', () => {
  const AGE = { older_than: '7d' }
  const CLOSED = { closed_pull_requests: 'true', github_token: 'ghs_fake_token' }

  test.each([
    [{}, 'older_than and closed_pull_requests are both missing'],
    [{ closed_pull_requests: 'false' }, 'older_than and closed_pull_requests are both missing'],
    [{ ...AGE, label_pattern: '' }, 'label_pattern is empty'],
    [{ ...AGE, label_pattern: '{pr}{pr}' }, 'label_pattern has {pr} more than once'],
    [{ ...AGE, label_pattern: 'a\nb' }, 'label_pattern holds a line break'],
    [{ ...CLOSED, label_pattern: 'preview-*' }, 'label_pattern has no {pr}'],
    [{ ...CLOSED, github_token: '' }, 'github_token is empty'],
    [{ older_than: '7' }, 'older_than "7" is not an age'],
    [{ older_than: '0d' }, 'older_than "0d" is not an age'],
    [{ ...AGE, team_id: 'x' }, 'team_id "x" is not a UUID'],
    [{ ...AGE, keep: '-1' }, 'keep "-1" is not a whole number'],
    [{ ...AGE, max_revocations: 'all' }, 'max_revocations "all" is not a whole number'],
    [{ ...AGE, max_revocations: '1.5' }, 'max_revocations "1.5" is not a whole number'],
    [{ ...AGE, dry_run: 'no' }, 'dry_run "no" is not a boolean'],
    [{ ...AGE, closed_pull_requests: 'yes' }, 'closed_pull_requests "yes" is not a boolean'],
  ])('%j: %s', (given, problem) => {
    expect(findProblems(given)).toEqual([expect.stringContaining(problem)])
  })

  test('closed_pull_requests where the repository is unknown', () => {
    expect(findProblems(CLOSED, { ...CONTEXT, repository: '' })).toEqual([
      expect.stringContaining('the repository of the workflow is not known'),
    ])
  })

  test('every problem at once, and no key in it', () => {
    const problems = findProblems({
      org_key: 'pk_eu_fake_team_key',
      org_id: 'x',
      team_id: 'mg_fake_key_in_place',
      label_pattern: 'preview',
      older_than: 'mg_fake_key_in_place',
      closed_pull_requests: 'true',
      github_token: '',
      keep: 'k',
      max_revocations: 'm',
      dry_run: 'd',
      timeout_seconds: '601',
      api_url: 'x',
      github_api_url: 'y',
    })
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'api_url',
      'dry_run',
      'github_api_url',
      'github_token',
      'keep',
      'label_pattern',
      'max_revocations',
      'older_than',
      'org_id',
      'org_key',
      'team_id',
      'timeout_seconds',
    ])
    expect(problems.join()).not.toMatch(/in_place|fake_team_key/)
  })

  test('without secrets on a fork’s pull request that is all there is to say', () => {
    const context = { ...CONTEXT, findWithheldSecrets: () => 'dependabot' as const }
    expect(findProblems({ org_key: '', org_id: 'x' }, context)).toEqual([
      expect.stringContaining('Dependabot'),
    ])
  })
})
