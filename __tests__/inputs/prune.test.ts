import { expect, test } from '@jest/globals'
import { parsePruneInputs } from '../../src/inputs/prune.js'
import { type Given, readerOf } from '../support/inputs.js'

const CLOSED = { closed_pull_requests: 'true', github_token: 'ghs_fake_token' }

const { parse, findProblems } = readerOf(parsePruneInputs, { label_pattern: 'preview-{pr}' })

test('a label pattern is taken as it is written', () => {
  const { labelPattern } = parse({ label_pattern: ' a{pr}' })
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
