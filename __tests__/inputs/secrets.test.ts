import { describe, expect, test } from '@jest/globals'
import { parseCreateInputs } from '../../src/inputs/create.js'
import { readerOf } from '../support/inputs.js'

const { parse, findProblems } = readerOf(parseCreateInputs, {
  team_id: '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5c',
  label: 'preview-42',
  github_token: 'ghs_sandbox_token',
})

const HERE = { kind: 'repository', repository: 'octo-org/example', app: 'actions' }

describe('inputs of a step with secrets', () => {
  test('secret_name alone means this repository', () => {
    expect(parse({ secret_name: ' my_key ' }).targets).toEqual([
      { destination: HERE, name: 'MY_KEY' },
    ])
  })

  test('secret_targets with names of their own need no secret_name', () => {
    const secret_targets = 'name=A\nenv=b name=C'
    expect(parse({ secret_targets }).targets).toMatchObject([{ name: 'A' }, { name: 'C' }])
    expect(findProblems({ if_exists: 'skip', secret_targets })).toEqual([])
    expect(findProblems({ output_key: 'false', secret_targets })).toEqual([])
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
    expect(findProblems(inputs)).toEqual([expect.stringMatching(problem)])
  })

  test('an unusable proxy for GitHub is reported', () => {
    const findProxyProblem = (url: string) =>
      url.includes('github') ? `no way to ${url}` : undefined
    expect(findProblems({ secret_name: 'A' }, { findProxyProblem })).toEqual([
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
    const problems = findProblems(inputs)
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
