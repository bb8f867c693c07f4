import { describe, expect, test } from '@jest/globals'
import { parseCreateInputs } from '../../src/inputs/create.js'
import { type Given, ORG, readerOf } from '../support/inputs.js'

const ORG_KEY = String(ORG['org_key'])
const TEAM_ID = '00000000-0000-4000-8000-00000000000a'
const SECRET = { secret_name: 'A', github_token: 'ghs_fake' }

const ALL_WRONG: Given = {
  org_key: 'sk_us_fake_team_key',
  org_id: 'fake-organization',
  team_id: 'fake-team',
  label: 'two\nlines',
  if_exists: 'maybe',
  retain: '1001',
  older_than: '30',
  revoke: 'sometimes',
  env_name: 'GITHUB_FAKE',
  output_key: 'yes',
  verify: 'on',
  dry_run: '1',
  api_url: 'http://evil.example',
  timeout_seconds: '0',
}

const { parse, findProblems } = readerOf(parseCreateInputs, {
  team_id: TEAM_ID,
  label: 'preview-42',
})

describe('when the event has no number', () => {
  const MERGE_GROUP = { findNumberlessEvent: () => 'merge_group' }

  test.each(['preview-pr-', 'pr_', 'previews/', 'preview ', 'pr  eu'])('warns of %j', (label) => {
    expect(parse({ label }, MERGE_GROUP).warnings).toEqual([
      expect.stringMatching(
        `^label "${label}" .*github\\.event\\.number }} is empty in a run for merge_group`,
      ),
    ])
    expect(parse({ label }).warnings).toEqual([])
  })

  test('warns of an environment, too', () => {
    const given = { ...SECRET, secret_targets: 'env="a-."\nenv=pr-\nrepo' }
    expect(parse(given, MERGE_GROUP).warnings).toEqual([
      expect.stringMatching(/^secret_targets: the environment "pr-" looks as if a number is miss/),
    ])
  })

  test('does not ask for the event without such a text', () => {
    const findNumberlessEvent = () => {
      throw new Error('asked')
    }
    expect(parse({ label: 'pr-42 - x' }, { findNumberlessEvent }).warnings).toEqual([])
  })
})

describe('when inputs are wrong', () => {
  test.each(Object.entries(ALL_WRONG))('names %s alone when only it is wrong', (name, value) => {
    expect(findProblems({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name} `)),
    ])
  })

  test.each<[Given, string]>([
    [
      { output_key: ' FALSE ', env_name: ' ' },
      'output_key is false, and neither env_name nor secret_name is set, so the key would be lost; set one of the three',
    ],
    ...['create', 'fail', 'skip'].flatMap((word): [Given, string][] => [
      [
        { ...SECRET, retain: '1', if_exists: word },
        `retain has no effect when if_exists is ${word}: no previous key would be revoked; set if_exists: replace, or remove retain`,
      ],
      [
        { ...SECRET, older_than: '30d', if_exists: word },
        `older_than has no effect when if_exists is ${word}; set if_exists: replace, or remove older_than`,
      ],
    ]),
  ])('refuses %j: %s', (given, problem) => {
    expect(findProblems(given)).toEqual([problem])
  })

  test.each<[Given]>([
    [{ retain: '0', if_exists: 'fail' }],
    [{ retain: '1', older_than: '30d', if_exists: 'replace' }],
    [{ output_key: 'false', env_name: 'FAKE_KEY' }],
    [{ ...SECRET, output_key: 'false', if_exists: 'skip' }],
  ])('accepts %j', (given) => {
    expect(findProblems(given)).toEqual([])
  })
})

describe('when a secret is misplaced', () => {
  test('says that a label and targets are not kept secret', () => {
    const given = { ...SECRET, label: `for ${ORG_KEY}`, secret_targets: 'env=a-ghs_fake-b' }
    expect(findProblems({ ...given, org_key: ` ${ORG_KEY}\n` })).toEqual([
      'label contains the value of org_key and is not kept secret; remove that value',
      'secret_targets contains the value of github_token and is not kept secret; remove that value',
    ])
    // Too short to be more than a coincidence.
    expect(findProblems({ label: 'abc', github_token: 'abc' })).toEqual([])
  })
})

test('asks whether GitHub withholds secrets only when org_key is empty', () => {
  const findWithheldSecrets = () => {
    throw new Error('asked')
  }
  expect(findProblems({ org_key: 'pk_us_fake' }, { findWithheldSecrets })).toEqual([
    expect.stringMatching(/^org_key is a Team API Key/),
  ])
  expect(() => parse({ org_key: ' ' }, { findWithheldSecrets })).toThrow('asked')
})
