import { describe, expect, test } from '@jest/globals'
import { parsePruneInputs } from '../../src/inputs/prune.js'
import { ORG, readerOf } from '../support/inputs.js'

const ORG_ID = String(ORG['org_id'])

const { parse, findProblems } = readerOf(parsePruneInputs, { label_pattern: 'preview-{pr}' })

describe('what is read', () => {
  test('nothing is revoked by default, and at most 20 keys', () => {
    expect(parse({ older_than: '7d' })).toMatchObject({
      teamIds: [],
      olderThanMs: 604_800_000,
      supersededForMs: undefined,
      closedPullRequests: false,
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
        max_revocations: '0',
        dry_run: 'FALSE',
      }),
    ).toMatchObject({
      teamIds: [ORG_ID],
      olderThanMs: 5_400_000,
      closedPullRequests: true,
      githubToken: 'ghs_fake_token',
      githubApiUrl: 'https://ghes.example/api/v3',
      maxRevocations: 0,
      dryRun: false,
    })
  })

  test('the pattern, exactly as written', () => {
    const { labelPattern } = parse({ label_pattern: ' a{pr}', older_than: '1d' })
    expect(labelPattern.match(' a1')).toEqual({ pullRequest: 1 })
    expect(labelPattern.match('a1')).toBeUndefined()
  })

  test('without a rule, the step lists what matches', () => {
    expect(parse()).toMatchObject({ olderThanMs: undefined, dryRun: true })
    expect(parse({ dry_run: 'true', closed_pull_requests: 'false' }).dryRun).toBe(true)
  })

  test('superseded_for is rule enough', () => {
    expect(parse({ superseded_for: ' 24h ' })).toMatchObject({
      olderThanMs: undefined,
      supersededForMs: 86_400_000,
    })
  })

  test('the token does not matter without closed_pull_requests', () => {
    expect(parse({ older_than: '1d', closed_pull_requests: 'false' }).githubToken).toBe('')
  })
})

describe('what is refused', () => {
  const AGE = { older_than: '7d' }
  const CLOSED = { closed_pull_requests: 'true', github_token: 'ghs_fake_token' }

  test.each([
    [
      { dry_run: 'false' },
      'dry_run is false, but older_than, closed_pull_requests and superseded_for',
    ],
    [
      { dry_run: 'false', closed_pull_requests: 'false' },
      'or remove dry_run to list the keys that',
    ],
    [{ superseded_for: '24' }, 'superseded_for "24" is not a valid age'],
    [{ superseded_for: '0h' }, 'superseded_for "0h" is not a valid age'],
    [{ ...AGE, label_pattern: '' }, 'label_pattern is empty'],
    [{ ...AGE, label_pattern: '{pr}{pr}' }, 'label_pattern has {pr} more than once'],
    [{ ...AGE, label_pattern: 'a\nb' }, 'label_pattern contains a line break'],
    [{ ...CLOSED, label_pattern: 'preview-*' }, 'label_pattern has no {pr}'],
    [{ ...CLOSED, github_token: '' }, 'github_token is empty'],
    [{ older_than: '7' }, 'older_than "7" is not a valid age'],
    [{ older_than: '0d' }, 'older_than "0d" is not a valid age'],
    [{ ...AGE, team_id: 'x' }, 'team_id "x" is not a UUID'],
    [{ ...AGE, max_revocations: 'all' }, 'max_revocations "all" is not a whole number'],
    [{ ...AGE, max_revocations: '1.5' }, 'max_revocations "1.5" is not a whole number'],
    [{ ...AGE, dry_run: 'no' }, 'dry_run "no" is not a boolean'],
    [{ ...AGE, closed_pull_requests: 'yes' }, 'closed_pull_requests "yes" is not a boolean'],
  ])('%j: %s', (given, problem) => {
    expect(findProblems(given)).toEqual([expect.stringContaining(problem)])
  })

  test('closed_pull_requests where the repository is unknown', () => {
    expect(findProblems(CLOSED, { repository: '' })).toEqual([
      expect.stringContaining("the workflow's repository is unknown"),
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
})
