import { expect, test } from '@jest/globals'
import { parseRevokeInputs } from '../../src/inputs/revoke.js'
import { type Given, ORG, readerOf } from '../support/inputs.js'

const ORG_ID = String(ORG['org_id'])
const TEAM_ID = '11111111-1111-4111-8111-11111111111a'
const KEY_ID = '22222222-2222-4222-8222-222222222222'
const SECRET = { secret_name: 'A', secret_targets: 'env=b', github_token: 'ghs_fake' }

const { parse, findProblems } = readerOf(parseRevokeInputs, {})

test('which keys', () => {
  expect(parse({ key_id: `${KEY_ID} ${ORG_ID}` }).selection).toEqual({
    by: 'id',
    ids: [KEY_ID, ORG_ID],
    isOutput: false,
  })
  const teams = `${TEAM_ID.toUpperCase()}, ${ORG_ID}`
  expect(parse({ label: ' a ', team_id: teams }).selection).toEqual({
    by: 'label',
    label: ' a ',
    teamIds: [TEAM_ID, ORG_ID],
  })
})

test('an empty list is nothing to do: secrets and environments stay', () => {
  const given = { ...SECRET, key_id: '[]', delete_environments: 'true' }
  const nothing = { selection: { by: 'id', ids: [] }, targets: [], environments: [] }
  expect(parse(given)).toMatchObject(nothing)
})

test('secrets are read as the root action reads them', () => {
  const github = { github_token: 'ghs_fake_token', github_api_url: 'https://ghes.example/api/v3/' }
  const given = {
    secret_name: 'A_KEY',
    secret_targets: 'env=PREVIEW- name=B\nenv=preview-\norg=octo-org',
  }
  const run = { findNumberlessEvent: () => 'merge_group' }
  const environment = { kind: 'environment', environment: 'preview-' }
  const inputs = { key_id: KEY_ID, delete_environments: 'true', ...given, ...github }
  expect(parse(inputs, run)).toMatchObject({
    githubApiUrl: 'https://ghes.example/api/v3',
    targets: [
      { name: 'B', destination: { ...environment, environment: 'PREVIEW-' } },
      { name: 'A_KEY', destination: environment },
      { name: 'A_KEY', destination: { kind: 'organization', org: 'octo-org' } },
    ],
    environments: [environment],
    warnings: [expect.stringMatching(/^secret_targets: the environment "preview-"/)],
  })
})

test.each<[Given, string]>([
  [{ key_id: '  ', label: '\t' }, 'key_id and label are both empty; set exactly one of them'],
  [{ key_id: KEY_ID, label: 'b' }, 'key_id and label are both set; set exactly one of them'],
  [{ key_id: KEY_ID, team_id: TEAM_ID }, 'team_id is valid only with label; remove it'],
  [{ key_id: 'preview-42' }, 'key_id "preview-42" is not a UUID; enter UUIDs such as'],
  [
    { key_id: `["${KEY_ID}",]` },
    'key_id is not a valid JSON array of key IDs; enter one such as ["',
  ],
  [{ label: 'a\nb' }, 'label contains a line break'],
  [{ label: 'a', team_id: 'b' }, 'team_id "b" is not a UUID'],
  [
    { label: 'a', if_missing: 'Fail' },
    'if_missing "Fail" is not a valid value; enter ignore or fail',
  ],
  [
    { ...SECRET, label: 'a', secret_targets: 'repo', delete_environments: 'true' },
    'delete_environments is true, but no target is an environment; set secret_name, and',
  ],
])('%j is refused: %s', (given, problem) => {
  expect(findProblems(given)).toEqual([expect.stringContaining(problem)])
})

test('what is set counts, even when it is wrong', () => {
  expect(findProblems({ key_id: 'x', label: 'a', team_id: 'y' })).toEqual([
    expect.stringMatching(/^key_id "x" is not a UUID/),
    expect.stringMatching(/^team_id "y" is not a UUID/),
    'key_id and label are both set; set exactly one of them',
    'team_id is valid only with label; remove it',
  ])
})
