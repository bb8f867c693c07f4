import { describe, expect, test } from '@jest/globals'
import { describeDestination, describeSecret, isDestination } from '../../src/core/secret-target.js'
import { parseSecretTargets } from '../../src/inputs/secret-targets.js'

const DEFAULTS = { repository: 'octo-org/example', secretName: 'JUNCTION_KEY' }

function parse(text: string, defaults = DEFAULTS) {
  return parseSecretTargets(text, defaults)
}

/** The targets of a text without problems. */
function destinations(text: string) {
  const { targets, problems } = parse(text)
  expect(problems).toEqual([])
  return targets.map(({ destination }) => destination)
}

const HERE = { kind: 'repository', repository: 'octo-org/example', app: 'actions' }
const ENVIRONMENT = { kind: 'environment', repository: 'octo-org/example' }
const ORG = { kind: 'organization', org: 'octo-org', app: 'actions', repositories: [] }
const SELECTED = { ...ORG, visibility: 'selected' }

describe('what a line means', () => {
  test.each([
    ['  \n\n', HERE],
    ['repo', HERE],
    ['repo=octo-org/other.repo-1_a', { ...HERE, repository: 'octo-org/other.repo-1_a' }],
    ['app=dependabot', { ...HERE, app: 'dependabot' }],
    ['repo app=agents', { ...HERE, app: 'agents' }],
    ['env=production app=actions', { ...ENVIRONMENT, environment: 'production' }],
    ['env=a/42 repo=a/b', { ...ENVIRONMENT, repository: 'a/b', environment: 'a/42' }],
    ['env="preview 42"', { ...ENVIRONMENT, environment: 'preview 42' }],
    ['env="name=x org=y"', { ...ENVIRONMENT, environment: 'name=x org=y' }],
    ['env="eu, us=1"', { ...ENVIRONMENT, environment: 'eu, us=1' }],
    ['env=...', { ...ENVIRONMENT, environment: '...' }],
    ['env=a%ffb', { ...ENVIRONMENT, environment: 'a%ffb' }],
    ['env="a\\b \\\\ \\"c\\""', { ...ENVIRONMENT, environment: 'a\\b \\ "c"' }],
    ['env=a\\b=c', { ...ENVIRONMENT, environment: 'a\\b=c' }],
    ['org=octo-org', { ...ORG, visibility: undefined }],
    ['org=octo-org visibility=all app=agents', { ...ORG, app: 'agents', visibility: 'all' }],
    [
      'org=octo-Org visibility=selected repos=a,OCTO-org/b,A,',
      { ...SELECTED, org: 'octo-Org', repositories: ['A', 'b'] },
    ],
    [
      'org="octo-org" visibility="selected" repos="a, b"',
      { ...SELECTED, repositories: ['a', 'b'] },
    ],
  ])('%j', (line, destination) => {
    expect(destinations(line)).toEqual([destination])
  })

  test('the name is that of the line, else secret_name, and always in capitals', () => {
    const { targets } = parse('repo\nrepo name=other_key', { ...DEFAULTS, secretName: 'my_key' })
    expect(targets.map(({ name }) => name)).toEqual(['MY_KEY', 'OTHER_KEY'])
  })

  test('pairs come in any order, lines end in any way, and blank lines and comments are ignored', () => {
    const text = '\n  # first\r\n\tname=A   repo=o/r  \r\n\r\n#second\rapp=agents name=B\n'
    expect(parse(text)).toEqual({
      targets: [
        { destination: { ...HERE, repository: 'o/r' }, name: 'A' },
        { destination: { ...HERE, app: 'agents' }, name: 'B' },
      ],
      problems: [],
    })
  })
})

describe('a wrong line is reported with its number, its pair and what to enter', () => {
  test.each([
    ['rpeo=a/b', '"rpeo=a/b" is not a valid pair; enter repo=…, env=…, org=…, visibility=…, repos'],
    ['constructor=x', '"constructor=x" is not a valid pair; enter repo=…'],
    ['env=a b', '"b" is not a valid pair; enter repo=…, env=…, org=…, visibility=…, repos=…, ap'],
    ['=x', '"=x" is not a valid pair; enter'],
    ['org', '"org" is not a valid pair; enter'],
    ['env=a%2Fb', 'env "a%2Fb" is percent-encoded already; enter env=a/b, which the action encod'],
    ['env=', 'env has no value; enter env=…'],
    ['env="  "', 'env has no value; enter env=…'],
    ['repo=', 'repo has no value; enter repo=…'],
    ['repo repo=a/b', 'repo is set twice; set it once'],
    ['env="a', '"env="a" has a stray double quote; put the whole value in double quotes, and'],
    ['env="a"b', 'has a stray double quote; put the whole value in double quotes, and write \\"'],
    ...['name-only', 'a/b/c', 'a/..', 'a/b?c', 'a%2Fb/c'].map(
      (repo) =>
        [`repo=${repo}`, `repo "${repo}" is not a repository; enter repo=owner/name`] as const,
    ),
    ['org=a/b', 'org "a/b" is not a valid organization name; enter org=name'],
    ['org=..', 'org ".." is not a valid organization name; enter org=name'],
    ['org=a repo', 'has both org and repo; enter only one of them'],
    [
      'org=a env=b',
      'has both org and env, but an environment belongs to a repository; enter repo=',
    ],
    ['app=Actions', 'app "Actions" is not a valid value; enter actions, dependabot, codespaces or'],
    ['env=a app=agents', 'has env and app=agents, but an environment has Actions secrets only; r'],
    ['visibility=all', 'has visibility, which is valid only with org=…; remove it'],
    ['env=a repos=b', 'has repos, which is valid only with org=…; remove it'],
    ['org=a visibility=public', 'visibility "public" is not a valid value; enter all, private or'],
    ['org=a visibility=selected', 'has visibility=selected but no repositories; enter repos=a,b'],
    ['org=a visibility=selected repos=,', 'has visibility=selected but no repositories; enter r'],
    ['org=a repos=b', 'has repos without visibility=selected; enter both or neither'],
    [
      'org=a visibility=selected repos=b,../c,d/e',
      'repos contains "../c" and "d/e"; enter names of repositories of a, separated by commas',
    ],
    [
      'name=MY-KEY',
      'name "MY-KEY" is not a valid secret name; use letters, digits and underscores',
    ],
    ['name=github_key', 'name "github_key" starts with GITHUB_, which GitHub reserves'],
    ...[
      ...['env=a,env=b', 'env="a, ENV=b"', 'org=o;visibility=all', 'app=agents, name=X', 'env=a,'],
      ...['staging, production'],
    ].map(
      (line) => [line, ' has a comma or semicolon after a pair; enter one target per'] as const,
    ),
    ...['.', '..', 'a'.repeat(256)].map(
      (name) => [`env=" ${name}"`, 'is not a valid environment name; enter env=name'] as const,
    ),
  ])('%j', (line, problem) => {
    const { targets, problems } = parse(`\n# a remark\n${line}`)
    expect(targets).toEqual([])
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(problems[0]).toMatch(/^line 3: /)
  })

  test.each([
    ['production', 'env=production'],
    ['"preview 42"', 'env="preview 42"'],
    ['octo/app', 'repo=octo/app or env=octo/app'],
    ['https://github.com/octo/app', 'repo=octo/app or env=octo/app'],
    ['dependabot', 'app=dependabot or env=dependabot'],
    ['- env=production', 'env=production'],
    ['env: production', 'env=production'],
    ['Environment = production', 'env=production'],
    ['--repo octo/app --env=production', 'repo=octo/app env=production'],
    ["env='preview 42'", 'env="preview 42"'],
    ['env=“preview 42” name=A', 'env="preview 42" name=A'],
    ['organization=octo', 'org=octo'],
    ['Repository: octo/app', 'repo=octo/app'],
  ])('and with what it probably means: %s', (line, meant) => {
    expect(parse(line).problems).toEqual([
      `line 1: ${JSON.stringify(line).replaceAll('\\"', '"')} is not a target; enter ${meant}`,
    ])
  })

  test('and with everything that is wrong with it', () => {
    expect(parse('env=a\norg=a/b app=x\nrepos=b visibility=all\nrepo=d').problems).toEqual([
      expect.stringMatching(/^line 2: org "a\/b" is not/),
      expect.stringMatching(/^line 2: app "x" is not/),
      'line 3: has visibility, which is valid only with org=…; remove it',
      'line 3: has repos, which is valid only with org=…; remove it',
      expect.stringMatching(/^line 4: repo "d" is not/),
    ])
  })

  test('when nothing says which secret or which repository', () => {
    const { targets, problems } = parse('name=A\nenv=b', { ...DEFAULTS, secretName: '' })
    expect(targets).toHaveLength(1)
    expect(problems).toEqual(['line 2: has no secret name; enter name=… here or set secret_name'])
    const problem =
      "refers to the workflow's repository, which is unknown here; enter repo=owner/name"
    expect(parse('repo=a/b\nrepo', { ...DEFAULTS, repository: '' }).problems).toEqual([
      `line 2: ${problem}`,
    ])
    expect(parse('', { ...DEFAULTS, repository: 'octo-org/..' }).problems).toEqual([
      `the default target: ${problem}`,
    ])
  })

  test('text that looks like a secret is not quoted', () => {
    const secret = 'ghp_0123456789abcdef'
    for (const line of [
      ...[secret, `key=${secret}`, `app=${secret}`, `repo=${secret}`, `org=${secret}/x`],
      ...[`org=a visibility=${secret}`, `org=a visibility=selected repos=b/${secret}`],
      ...[`name=${secret}-`, `env="${secret}`, `env=a,name=${secret}`],
    ]) {
      const { problems } = parse(line)
      expect(problems).toEqual([expect.stringContaining('not shown')])
      expect(problems.join()).not.toContain(secret)
    }
  })
})

test('at most 250 targets fit into one step', () => {
  const list = (count: number) => Array.from({ length: count }, (_, at) => `env=e${at}`).join('\n')
  expect(parse(list(250)).problems).toEqual([])
  expect(parse(`${list(251)}\nproduction`).problems).toEqual([
    'lists 252 targets; at most 250 fit into one step: divide them between several steps, or use an organization secret with repos=',
    expect.stringMatching(/^line 252: /),
  ])
})

describe('a duplicate target', () => {
  test.each([
    ['repo=Octo-Org/Example\nrepo name=junction_key', 'repo=octo-org/example'],
    ['env="a b"\nrepo=octo-org/example env="A B"', 'repo=octo-org/example env="A B"'],
    ['org=A visibility=all\norg=a visibility=selected repos=x', 'org=a'],
    ['app=agents\nrepo app=agents', 'repo=octo-org/example app=agents'],
  ])('%j', (text, place) => {
    const { targets, problems } = parse(text)
    expect(targets).toHaveLength(1)
    expect(problems).toEqual([
      `line 2: is JUNCTION_KEY in ${place}, the same as line 1; remove one of them`,
    ])
  })

  test('is distinguished from similar targets', () => {
    const lines = ['repo', 'repo name=OTHER', 'repo=octo-org/example2', 'app=dependabot']
    const more = ['env=dependabot', 'org=octo-org', 'org=octo-org app=dependabot']
    expect(destinations([...lines, ...more].join('\n'))).toHaveLength(7)
  })
})

describe('destinations in words and on record', () => {
  test.each([
    ['repo app=agents', 'repo=octo-org/example app=agents'],
    ['env="a b" repo=c/d', 'repo=c/d env="a b"'],
    ['env="a\\"b\\\\c"', 'repo=octo-org/example env="a\\"b\\\\c"'],
    ['org=o visibility=selected repos=x app=dependabot', 'org=o app=dependabot'],
  ])('%s', (line, words) => {
    const { targets } = parse(line)
    expect(targets.map(describeSecret)).toEqual([`JUNCTION_KEY in ${words}`])
    // The description is a valid line for the same place.
    expect(destinations(words).map(describeDestination)).toEqual([words])
    for (const { destination } of targets) {
      expect(isDestination(JSON.parse(JSON.stringify(destination)))).toBe(true)
    }
  })

  test.each([
    [null],
    [{}],
    [{ kind: 'repository', repository: 'a/b', app: 'other' }],
    [{ kind: 'repository', app: 'actions' }],
    [{ kind: 'environment', repository: 'a/b' }],
    [{ kind: 'organization', app: 'actions' }],
    [{ kind: 'organization', org: 'a', app: 'actions' }],
    [{ kind: 'organization', org: 'a', app: 'actions', visibility: 'x', repositories: [] }],
    [{ kind: 'team', org: 'a', app: 'actions', repositories: [] }],
  ])('%j is none', (value) => {
    expect(isDestination(value)).toBe(false)
  })
})
