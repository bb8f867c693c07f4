import { describe, expect, test } from '@jest/globals'
import { parseRevokeInputs } from '../../src/inputs/revoke.js'
import { ORG, readerOf } from '../support/inputs.js'

const ORG_ID = String(ORG['org_id'])
const TEAM_ID = '11111111-1111-4111-8111-11111111111a'
const THIRD = '22222222-2222-4222-8222-222222222222'
const FOURTH = '33333333-3333-4333-8333-333333333333'

const { parse, findProblems } = readerOf(parseRevokeInputs, {})

describe('which keys', () => {
  test.each([
    [ORG_ID, [ORG_ID]],
    [` ${ORG_ID} , ${TEAM_ID}\n${THIRD}\r\n\t${FOURTH} `, [ORG_ID, TEAM_ID, THIRD, FOURTH]],
    [`${ORG_ID} ${TEAM_ID}`, [ORG_ID, TEAM_ID]],
    [`${TEAM_ID},,${TEAM_ID.toUpperCase()}`, [TEAM_ID]],
    [`["${THIRD}","${FOURTH}"]`, [THIRD, FOURTH]],
    [` [\n  "${THIRD.toUpperCase()}"\n]\n`, [THIRD]],
    ['[]', []],
  ])('key_id %j', (text, ids) => {
    expect(parse({ key_id: text }).selection).toEqual({ by: 'id', ids })
  })

  test('an empty list is nothing to do: secrets and environments stay', () => {
    const given = { key_id: '[]', secret_name: 'A', secret_targets: 'env=b', github_token: 'ghs_f' }
    const nothing = { selection: { by: 'id', ids: [] }, targets: [], environments: [] }
    expect(parse({ ...given, delete_environments: 'true' })).toMatchObject(nothing)
  })

  test('label, exactly as written', () => {
    expect(parse({ label: ' a ' }).selection).toEqual({ by: 'label', label: ' a ', teamIds: [] })
  })

  test('label and teams', () => {
    const teams = `${TEAM_ID.toUpperCase()}, ${ORG_ID}`
    expect(parse({ label: 'a', team_id: teams }).selection).toEqual({
      by: 'label',
      label: 'a',
      teamIds: [TEAM_ID, ORG_ID],
    })
  })

  test.each([
    [{}, 'key_id and label are both empty; set exactly one'],
    [{ key_id: '  ', label: '\t' }, 'key_id and label are both empty; set exactly one'],
    [{ key_id: THIRD, label: 'b' }, 'key_id and label are both set; set exactly one'],
    [{ key_id: THIRD, team_id: TEAM_ID }, 'team_id is valid only with label'],
    [{ key_id: ',' }, 'key_id is empty; enter a UUID'],
    [{ key_id: 'preview-42' }, 'key_id "preview-42" is not a UUID; enter UUIDs such as'],
    [{ key_id: `${THIRD},${FOURTH}0 x` }, `"${FOURTH}0" and "x" are not UUIDs; enter UUIDs such`],
    [{ key_id: `["${THIRD}"` }, 'is not a UUID; enter UUIDs such as'],
    [{ key_id: '["x"]' }, 'key_id "x" is not a UUID; enter UUIDs such as'],
    [{ key_id: `[{"id":"${THIRD}"}]` }, 'is not a UUID; enter UUIDs such as'],
    [{ key_id: '..' }, '".." is not a UUID'],
    [{ key_id: 'ü' }, '"ü" is not a UUID'],
    [{ key_id: 'mg_' }, 'a value that looks like a key (not shown) is not a UUID'],
    [{ label: 'a\nb' }, 'line break'],
    [{ label: 'a', team_id: 'b' }, 'not a UUID'],
    [{ label: 'a', if_missing: 'warn' }, 'ignore or fail'],
    [{ label: 'a', if_missing: 'Fail' }, 'ignore or fail'],
    [{ label: 'a', dry_run: 'yes' }, 'true or false'],
  ])('%j is refused: %s', (given, problem) => {
    expect(findProblems(given)).toEqual([expect.stringContaining(problem)])
  })

  test.each(['mg_fake_key_in_place', `${THIRD} mg_fake_key_in_place`, 'sk_us_fake_key_in_place'])(
    'a key given as key_id (%j) is refused without showing it',
    (key) => {
      const problems = findProblems({ key_id: key })
      expect(problems).toEqual([expect.stringContaining('key_id contains a key itself')])
      expect(problems.join()).not.toContain('in_place')
    },
  )
})

test('the rest has its defaults', () => {
  expect(parse({ key_id: THIRD, github_token: 'ghs_fake_token' })).toMatchObject({
    apiUrl: 'https://api.tryvital.io/management',
    timeoutMs: 30_000,
    ifMissing: 'ignore',
    dryRun: false,
    targets: [],
  })
})

test('secrets are read as the root action reads them', () => {
  const github = { github_token: 'ghs_fake_token', github_api_url: 'https://ghes.example/api/v3/' }
  const given = { secret_name: 'A_KEY', secret_targets: 'env=preview\norg=octo-org' }
  expect(parse({ key_id: THIRD, ...given, ...github })).toMatchObject({
    githubToken: 'ghs_fake_token',
    githubApiUrl: 'https://ghes.example/api/v3',
    targets: [
      { name: 'A_KEY', destination: { kind: 'environment', environment: 'preview' } },
      { name: 'A_KEY', destination: { kind: 'organization', org: 'octo-org' } },
    ],
  })
})

test('what is set counts, even when it is wrong', () => {
  expect(findProblems({ key_id: 'x', label: 'a', team_id: 'y' })).toEqual([
    expect.stringMatching(/^key_id "x" is not a UUID/),
    expect.stringMatching(/^team_id "y" is not a UUID/),
    'key_id and label are both set; set exactly one of them',
    'team_id is valid only with label; remove it',
  ])
})

test('every problem is reported at once', () => {
  const problems = findProblems({
    org_key: 'sk_us_fake_team_key',
    org_id: 'x',
    team_id: 'y',
    if_missing: 'z',
    dry_run: 'maybe',
    timeout_seconds: '0',
    api_url: 'http://api.example',
    github_api_url: 'ftp://github.example',
    secret_name: '1BAD',
  })
  const names = problems.map((problem) => problem.split(' ')[0]).sort()
  expect(names).toEqual([
    'api_url',
    'dry_run',
    'github_api_url',
    'github_token',
    'if_missing',
    'key_id',
    'org_id',
    'org_key',
    'secret_name',
    'team_id',
    'timeout_seconds',
  ])
  expect(problems.join()).not.toContain('fake_team_key')
})
