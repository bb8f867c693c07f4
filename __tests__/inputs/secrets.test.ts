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
  test('without secret_name and secret_targets there are none, whatever else is given', () => {
    const { targets } = parse({
      create_environments: 'false',
      github_api_url: 'https://ghes.example',
    })
    expect(targets).toEqual([])
  })

  test('secret_name alone means this repository', () => {
    expect(parse({ secret_name: ' my_key ' })).toMatchObject({
      targets: [{ destination: HERE, name: 'MY_KEY' }],
      createEnvironments: false,
      githubToken: 'ghs_sandbox_token',
      githubApiUrl: 'https://api.github.com',
    })
  })

  test('secret_targets with names of their own need no secret_name', () => {
    const inputs = parse({
      secret_targets: 'name=A\nenv=b name=C',
      create_environments: 'true',
      github_token: '  ghs_sandbox_token\n',
      github_api_url: 'https://ghes.example/api/v3/',
    })
    expect(inputs).toMatchObject({
      targets: [{ name: 'A' }, { name: 'C' }],
      createEnvironments: true,
      githubToken: 'ghs_sandbox_token',
      githubApiUrl: 'https://ghes.example/api/v3',
    })
  })

  test.each([
    [{ secret_name: 'A', github_token: '' }, 'github_token is empty, but writing or deleting se'],
    [{ secret_targets: 'name=A', github_token: ' ' }, 'github_token is empty, but writing or dele'],
    [
      { secret_name: 'A', github_token: 'a b' },
      'github_token contains spaces, control characters or',
    ],
    [
      { secret_name: 'A', github_token: 'a\nb' },
      'github_token contains spaces, control characters',
    ],
    [{ secret_name: '1A' }, 'secret_name "1A" is not a valid secret name; use letters, digits'],
    [{ secret_name: 'GITHUB_A' }, 'secret_name "GITHUB_A" starts with GITHUB_, which GitHub reser'],
    [{ secret_targets: 'repo' }, 'secret_targets line 1: has no secret name; enter name='],
    [
      { secret_targets: '# x' },
      'secret_targets the default target: has no secret name; enter name=',
    ],
    [
      { secret_name: 'A', secret_targets: 'app=x' },
      'secret_targets line 1: app "x" is not a valid',
    ],
    [{ secret_name: 'A', create_environments: 'yes' }, 'create_environments "yes"'],
    [{ secret_name: 'A', github_api_url: 'http://ghes.example' }, 'github_api_url "http://ghes.ex'],
    [{ create_environments: 'true' }, 'create_environments has no effect without a secret to wr'],
    [{ create_environments: ' TRUE ', env_name: 'A' }, 'create_environments has no effect witho'],
    [{ if_exists: 'skip' }, 'if_exists: skip requires a secret to look for; set secret_name,'],
  ])('%j', (inputs, problem) => {
    const problems = findProblems(inputs)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })

  test('the error for an empty token says that GITHUB_TOKEN is not enough', () => {
    expect(findProblems({ secret_name: 'A', github_token: '' })[0]).toMatch(
      /GitHub App.*fine-grained personal access token.*GITHUB_TOKEN cannot/,
    )
  })

  test('skip is content with targets that bring their names', () => {
    expect(findProblems({ if_exists: 'skip', secret_targets: 'name=A' })).toEqual([])
  })

  test('a secret is a destination for a key that is not an output', () => {
    expect(findProblems({ output_key: 'false' })).toHaveLength(1)
    expect(findProblems({ output_key: 'false', secret_name: 'A' })).toEqual([])
  })

  test('all problems come in one error, and a wrong secret_name is reported once', () => {
    const inputs = {
      org_id: 'x',
      secret_name: 'my-key',
      secret_targets: 'env=a\nfoo=bar\napp=agents env=b',
      github_token: '',
      create_environments: 'maybe',
    }
    const problems = findProblems(inputs)
    const starts = ['org_id ', 'create_environments ', 'github_token ', 'secret_name "my-key"']
    expect(problems).toHaveLength(starts.length + 2)
    for (const [index, start] of starts.entries()) expect(problems[index]).toContain(start)
    expect(problems[4]).toMatch(/^secret_targets line 2: "foo=bar"/)
    expect(problems[5]).toMatch(/^secret_targets line 3: has env and app=agents/)
  })

  test.each(['REPORTED', 'A'])('a wrong secret_name does not clash with name=%s', (name) => {
    expect(findProblems({ secret_name: '1A', secret_targets: `repo\nrepo name=${name}` })).toEqual([
      expect.stringMatching(/^secret_name "1A"/),
    ])
  })

  test('a secret in the wrong input is not quoted', () => {
    const [problem] = findProblems({ secret_name: 'ghp_0123456789-' })
    expect(problem).toContain('secret_name')
    expect(problem).not.toContain('0123456789')
  })
})
