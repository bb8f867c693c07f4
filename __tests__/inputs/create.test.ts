import { describe, expect, test } from '@jest/globals'
import { parseCreateInputs, readPostInputs } from '../../src/inputs/create.js'
import { ALL_WRONG, type Given, ORG, readerOf } from '../support/inputs.js'

const ORG_KEY = String(ORG['org_key'])
const TEAM_ID = '00000000-0000-4000-8000-00000000000a'
const SECRET = { secret_name: 'A', github_token: 'ghs_fake' }

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

const TOKEN = { github_token: 'ghs_sandbox_token' }
const HERE = { kind: 'repository', repository: 'octo-org/example', app: 'actions' }

describe('inputs of a step with secrets', () => {
  test('secret_name alone means this repository', () => {
    expect(parse({ ...TOKEN, secret_name: ' my_key ' }).targets).toEqual([
      { destination: HERE, name: 'MY_KEY' },
    ])
  })

  test('secret_targets with names of their own need no secret_name', () => {
    const secret_targets = 'name=A\nenv=b name=C'
    expect(parse({ ...TOKEN, secret_targets }).targets).toMatchObject([
      { name: 'A' },
      { name: 'C' },
    ])
    expect(findProblems({ ...TOKEN, if_exists: 'skip', secret_targets })).toEqual([])
    expect(findProblems({ ...TOKEN, output_key: 'false', secret_targets })).toEqual([])
  })

  test.each([
    [
      { secret_name: 'A', github_token: '' },
      /^github_token is empty, but .*GitHub App.*fine-grained.*GITHUB_TOKEN cannot/,
    ],
    [{ secret_targets: 'name=A', github_token: ' ' }, /^github_token is empty/],
    [{ secret_name: 'A', github_token: 'a b' }, /^github_token contains spaces/],
    [{ secret_name: '1A' }, /^secret_name "1A" is not a valid secret name; use letters/],
    [{ secret_targets: 'repo' }, /^secret_targets line 1: has no secret name; enter name=/],
    [
      { secret_name: 'A', secret_targets: ' # x\n\n#y' },
      /^secret_targets has comments only; enter/,
    ],
    [{ secret_name: 'A', secret_targets: 'app=x' }, /^secret_targets line 1: app "x" is not/],
    [{ secret_name: 'A', github_api_url: 'http://ghes.example' }, /^github_api_url "http:/],
    [
      { create_environments: ' TRUE ', env_name: 'A' },
      /^create_environments is true, but no target/,
    ],
    [{ secret_name: 'A', create_environments: 'true' }, /^create_environments is true, but no tar/],
    [
      { secret_name: 'A', create_environments: 'true', secret_targets: 'env=..' },
      /^secret_targets line 1/,
    ],
    [{ if_exists: 'skip' }, /^if_exists: skip requires a secret to look for; set secret_name/],
  ])('%j is refused: %s', (inputs, problem) => {
    expect(findProblems({ ...TOKEN, ...inputs })).toEqual([expect.stringMatching(problem)])
  })

  test('an unusable proxy for GitHub is reported', () => {
    const findProxyProblem = (url: string) =>
      url.includes('github') ? `no way to ${url}` : undefined
    expect(findProblems({ ...TOKEN, secret_name: 'A' }, { findProxyProblem })).toEqual([
      'no way to https://api.github.com',
    ])
  })

  test('all problems come in one error, and a wrong secret_name is reported once', () => {
    const inputs = {
      org_id: 'x',
      secret_name: 'ghp_0123456789-',
      secret_targets: 'env=a\nfoo=bar\napp=agents env=b\nrepo name=A',
      github_token: '',
      create_environments: 'maybe',
    }
    const problems = findProblems({ ...TOKEN, ...inputs })
    expect(problems).toEqual([
      expect.stringMatching(/^org_id /),
      expect.stringMatching(/^secret_name a value that looks like a key \(not shown\) is not/),
      expect.stringMatching(/^create_environments /),
      expect.stringMatching(/^github_token /),
      expect.stringMatching(/^secret_targets line 2: "foo=bar"/),
      expect.stringMatching(/^secret_targets line 3: has env and app=agents/),
    ])
  })
})

const post = readerOf((...given) => readPostInputs(...given).finish(), {})

test('post needs nothing but the key and the organization', () => {
  expect(post.parse()).toEqual({
    orgKey: ORG['org_key'],
    orgId: ORG['org_id'],
    apiUrl: 'https://api.tryvital.io/management',
    teamIds: [],
    label: '',
    jobStatus: '',
    timeoutMs: 30_000,
    githubToken: '',
    githubApiUrl: 'https://api.github.com',
  })
})

test('post reads how the job ended', () => {
  expect(post.parse({ job_status: ' Failure ', label: '' }).jobStatus).toBe('failure')
})

test('post takes what main has checked as it is', () => {
  const given = { label: ' a ', team_id: 'B,a, b' }
  expect(post.parse(given)).toMatchObject({ label: ' a ', teamIds: ['b', 'a'] })
})

test('post takes no address of GitHub that it could not send a token to', () => {
  expect(post.parse({ github_api_url: 'http://gitea.example/api/v1' }).githubApiUrl).toBe('')
})

test('post lists every problem in one error', () => {
  const findProxyProblem = (url: string) => `no way to ${url}`
  const given = { org_key: '', org_id: '', timeout_seconds: '0' }
  expect(post.findProblems(given, { findProxyProblem })).toEqual([
    expect.stringMatching(/^org_key is empty/),
    expect.stringMatching(/^org_id is empty/),
    expect.stringMatching(/^timeout_seconds "0" is not/),
    'no way to https://api.tryvital.io/management',
  ])
})
