import { describe, expect, test } from '@jest/globals'
import {
  decodeDestination,
  describeDestination,
  describeSecret,
} from '../../src/core/secret-target.js'
import { parseSecretName, parseSecretTargets } from '../../src/inputs/secret-targets.js'

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

const ENVIRONMENT = { kind: 'environment', repository: 'octo-org/example' }
const HERE = { kind: 'repository', repository: 'octo-org/example', app: 'actions' }

describe('what a line means', () => {
  test.each([
    ['', HERE],
    ['  \n\n', HERE],
    ['# only a remark', HERE],
    ['repo', HERE],
    ['repo=octo-org/other.repo-1_a', { ...HERE, repository: 'octo-org/other.repo-1_a' }],
    ['app=actions', HERE],
    ['app=dependabot', { ...HERE, app: 'dependabot' }],
    ['app=codespaces', { ...HERE, app: 'codespaces' }],
    ['repo app=agents', { ...HERE, app: 'agents' }],
    [
      'env=production',
      { kind: 'environment', repository: 'octo-org/example', environment: 'production' },
    ],
    [
      'env=production app=actions',
      { kind: 'environment', repository: 'octo-org/example', environment: 'production' },
    ],
    [
      'env=preview/42 repo=a/b',
      { kind: 'environment', repository: 'a/b', environment: 'preview/42' },
    ],
    [
      'env="preview 42"',
      { kind: 'environment', repository: 'octo-org/example', environment: 'preview 42' },
    ],
    [
      'env="name=x org=y"',
      { kind: 'environment', repository: 'octo-org/example', environment: 'name=x org=y' },
    ],
    ['env=eu,us', { kind: 'environment', repository: 'octo-org/example', environment: 'eu,us' }],
    [
      'env="eu, us=1"',
      { kind: 'environment', repository: 'octo-org/example', environment: 'eu, us=1' },
    ],
    ['env=...', { kind: 'environment', repository: 'octo-org/example', environment: '...' }],
    ['env=100%', { ...ENVIRONMENT, environment: '100%' }],
    ['env=a%ffb', { ...ENVIRONMENT, environment: 'a%ffb' }],
    ['env="a \\"b\\""', { ...ENVIRONMENT, environment: 'a "b"' }],
    ['env="a\\b \\\\"', { ...ENVIRONMENT, environment: 'a\\b \\' }],
    ['env=a\\b', { ...ENVIRONMENT, environment: 'a\\b' }],
    ['env=a=b', { kind: 'environment', repository: 'octo-org/example', environment: 'a=b' }],
    [
      'org=octo-org',
      {
        kind: 'organization',
        org: 'octo-org',
        app: 'actions',
        visibility: undefined,
        repositories: [],
      },
    ],
    [
      'org=octo-org visibility=all app=codespaces',
      {
        kind: 'organization',
        org: 'octo-org',
        app: 'codespaces',
        visibility: 'all',
        repositories: [],
      },
    ],
    [
      'org=octo-org visibility=selected repos=a,Octo-Org/b,A',
      {
        kind: 'organization',
        org: 'octo-org',
        app: 'actions',
        visibility: 'selected',
        repositories: ['A', 'b'],
      },
    ],
    [
      'org="octo-org" visibility="selected" repos="a, b"',
      {
        kind: 'organization',
        org: 'octo-org',
        app: 'actions',
        visibility: 'selected',
        repositories: ['a', 'b'],
      },
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
        { destination: { kind: 'repository', repository: 'o/r', app: 'actions' }, name: 'A' },
        { destination: { ...HERE, app: 'agents' }, name: 'B' },
      ],
      problems: [],
    })
  })
})

describe('a wrong line is reported with its number, its pair and what to enter', () => {
  test.each([
    ['rpeo=a/b', 'line 1: "rpeo=a/b" is not a valid pair; enter repo=…'],
    ['\n# x\nREPO=a/b', 'line 3: "REPO=a/b" is not a valid pair; enter repo=…'],
    ['production', 'line 1: "production" is not a pair; enter env=production for the environment'],
    ['"production"', 'line 1: "production" is not a pair; enter env=production for the envi'],
    ['preview 42', 'line 1: "preview 42" is not a pair; enter env="preview 42" for the environ'],
    [
      'octo-org/app',
      'line 1: "octo-org/app" is not a pair; enter repo=octo-org/app or env=octo-org/app',
    ],
    [
      'env=a b',
      'line 1: "b" is not a pair; enter name=value, and put values with spaces in double qu',
    ],
    [
      'env=a%2Fb',
      'line 1: env "a%2Fb" is percent-encoded already; enter env="a/b", which the action enc',
    ],
    [
      'env="a%20b"',
      'line 1: env "a%20b" is percent-encoded already; enter env="a b", which the action',
    ],
    ['constructor=x', 'line 1: "constructor=x" is not a valid pair; enter repo=…'],
    ['=x', 'line 1: "=x" is not a pair; enter name=value'],
    ['env=', 'line 1: env has no value; enter env=…'],
    ['env=""', 'line 1: env has no value; enter env=…'],
    ['repo=', 'line 1: repo has no value; enter repo=…'],
    ['env=a env=b', 'line 1: env is set twice; set it once'],
    ['repo repo=a/b', 'line 1: repo is set twice; set it once'],
    ['env="a b', 'has a stray double quote; put the whole value in double quotes'],
    ['env="a"b', 'has a stray double quote; put the whole value in double quotes'],
    ['repo=name-only', 'line 1: repo "name-only" is not a repository; enter repo=owner/name'],
    ['repo=a/b/c', 'line 1: repo "a/b/c" is not a repository; enter repo=owner/name'],
    ['repo=a/..', 'line 1: repo "a/.." is not a repository; enter repo=owner/name'],
    ['repo=a/b?c', 'line 1: repo "a/b?c" is not a repository; enter repo=owner/name'],
    ['repo=a%2Fb/c', 'is not a repository; enter repo=owner/name'],
    ['org=a/b', 'line 1: org "a/b" is not a valid organization name; enter org=name'],
    ['org=..', 'line 1: org ".." is not a valid organization name; enter org=name'],
    ['org=a repo=a/b', 'line 1: has both org and repo; enter only one of them'],
    [
      'org=a env=b',
      'line 1: has both org and env, but an environment belongs to a repository; ent',
    ],
    ['app=action', 'line 1: app "action" is not a valid value; enter actions, dependabot, codes'],
    ['app=Actions', 'line 1: app "Actions" is not a valid value; enter actions, dep'],
    ['org=a app=x', 'line 1: app "x" is not a valid value; enter actions, dep'],
    ['env=a app=agents', 'line 1: has env and app=agents, but an environment has Actions secrets'],
    ['visibility=all', 'line 1: has visibility, which is valid only with org=…; remove it'],
    ['env=a repos=b', 'line 1: has repos, which is valid only with org=…; remove it'],
    [
      'org=a visibility=public',
      'visibility "public" is not a valid value; enter all, private or sel',
    ],
    ['org=a visibility=selected', 'has visibility=selected but no repositories; enter repos=a,b'],
    ['org=a visibility=selected repos=,', 'visibility=selected but no repositories; enter repos='],
    ['org=a repos=b', 'has repos without visibility=selected; enter both or neither'],
    ['org=a visibility=private repos=b', 'has repos without visibility=selected; enter both or'],
    ['org=a visibility=selected repos=other/b', 'repos contains "other/b"; enter names of repo'],
    ['org=a visibility=selected repos=b,../c', 'repos contains "../c"; enter names of repos'],
    ['name=1KEY', 'line 1: name "1KEY" is not a valid secret name; use letters, digits'],
    ['name=MY-KEY', 'line 1: name "MY-KEY" is not a valid secret name; use letters, digits'],
    ['name=github_key', 'line 1: name "github_key" starts with GITHUB_, which GitHub reserves'],
    ['env=a,env=b', '"env=a,env=b" continues with another pair after a comma; enter one target'],
    ['env="a,env=b"', 'continues with another pair after a comma; enter one target'],
    ['env="a, ENV=b"', 'continues with another pair after a comma; enter one target'],
    ['env=a, repo=b/c', 'line 1: "env=a, repo=b/c" continues with another pair after a comma'],
    ['repo=a/b,env=x', 'line 1: "repo=a/b,env=x" continues with another pair after a comma; enter'],
    [
      'org=o,visibility=all',
      '"org=o,visibility=all" continues with another pair after a comma; ent',
    ],
    ['org=o visibility=selected repos=a,b,name=X', 'continues with another pair after a comma'],
    ['app=agents,name=X', 'line 1: "app=agents,name=X" continues with another pair after a comma'],
    ['env=.', 'line 1: env "." is not a valid environment name; enter env=name'],
    ['env=..', 'line 1: env ".." is not a valid environment name; enter env=name'],
    ['env=" .. "', 'line 1: env ".." is not a valid environment name; enter env=name'],
    ['env="  "', 'line 1: env "" is not a valid environment name; enter env=name'],
    [`env=${'a'.repeat(256)}`, 'is not a valid environment name; enter env=name'],
  ])('%j', (text, problem) => {
    const { targets, problems } = parse(text)
    expect(targets).toEqual([])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })

  test('a line without a name when there is no secret_name', () => {
    const { targets, problems } = parse('name=A\nenv=b', { ...DEFAULTS, secretName: '' })
    expect(targets).toHaveLength(1)
    expect(problems).toEqual(['line 2: has no secret name; enter name=… here or set secret_name'])
  })

  test('a line that means an unknown repository', () => {
    const nowhere = { ...DEFAULTS, repository: '' }
    expect(parse('repo=a/b\nrepo', nowhere).problems).toEqual([
      "line 2: refers to the workflow's repository, which is unknown here; enter repo=owner/name",
    ])
    expect(parse('repo', { ...DEFAULTS, repository: 'octo-org/..' }).problems).toHaveLength(1)
    expect(parse('', nowhere).problems).toEqual([
      "the default target: refers to the workflow's repository, which is unknown here; enter repo=owner/name",
    ])
  })

  test('all lines are checked', () => {
    const { targets, problems } = parse('env=a\napp=x\nrepo=b/c\nrepo=d')
    expect(targets).toHaveLength(2)
    expect(problems.map((problem) => problem.slice(0, 7))).toEqual(['line 2:', 'line 4:'])
  })

  test.each(['mg_live_0123456789', 'ghp_0123456789abcdef', 'github_pat_11ABC_def'])(
    'text that looks like a secret is not quoted: %s',
    (secret) => {
      for (const line of [
        secret,
        `key=${secret}`,
        `app=${secret}`,
        `repo=${secret}`,
        `org=${secret}/x`,
        `org=a visibility=${secret}`,
        `org=a visibility=selected repos=b/${secret}`,
        `name=${secret}-`,
        `env="${secret}`,
        `env=a,name=${secret}`,
      ]) {
        const [problem, ...more] = parse(line).problems
        expect(more).toEqual([])
        expect(problem).toContain('not shown')
        expect(problem).not.toContain(secret)
      }
    },
  )
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
    ['repo\nrepo=octo-org/example', 'repo=octo-org/example'],
    ['repo=Octo-Org/Example\nrepo', 'repo=octo-org/example'],
    ['repo name=junction_key\nrepo', 'repo=octo-org/example'],
    ['env=Prod\nrepo=octo-org/example env=prod', 'repo=octo-org/example env=prod'],
    ['env="a b"\nenv="A B"', 'repo=octo-org/example env="A B"'],
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
    const text = [
      'repo',
      'repo name=OTHER',
      'repo=octo-org/example2',
      'app=dependabot',
      'env=dependabot',
      'org=octo-org',
      'org=octo-org app=dependabot',
    ].join('\n')
    const { targets, problems } = parse(text)
    expect(problems).toEqual([])
    expect(targets).toHaveLength(7)
  })
})

describe('names of secrets', () => {
  test.each(['A', '_a1', 'my_key', 'GITHUBKEY', 'A'.repeat(255)])('%s will do', (name) => {
    expect(parseSecretName(name)).toEqual({ value: name })
  })

  test.each(['', '1A', 'A-B', 'A B', 'Ä', 'A\n', 'GITHUB_A', 'GitHub_a', 'A'.repeat(256)])(
    '%j will not',
    (name) => {
      expect(parseSecretName(name)).toEqual({
        problem: expect.stringMatching(/; (?:use|choose) /),
      })
    },
  )
})

describe('destinations in words and on record', () => {
  test.each([
    ['repo', 'repo=octo-org/example'],
    ['repo app=agents', 'repo=octo-org/example app=agents'],
    ['env="a b" repo=c/d', 'repo=c/d env="a b"'],
    ['env=a/b', 'repo=octo-org/example env=a/b'],
    ['env="a\\"b\\\\c"', 'repo=octo-org/example env="a\\"b\\\\c"'],
    ['org=o visibility=selected repos=x app=dependabot', 'org=o app=dependabot'],
  ])('%s', (line, words) => {
    const { targets } = parse(line)
    expect(targets.map(describeSecret)).toEqual([`JUNCTION_KEY in ${words}`])
    for (const { destination } of targets) {
      expect(describeDestination(destination)).toBe(words)
      // The description is a valid line for the same place.
      expect(destinations(words).map(describeDestination)).toEqual([words])
      expect(decodeDestination(JSON.parse(JSON.stringify(destination)))).toEqual(destination)
    }
  })

  test.each([
    [null],
    ['repo'],
    [{}],
    [{ kind: 'repository', repository: 'a/b' }],
    [{ kind: 'repository', repository: 'a/b', app: 'other' }],
    [{ kind: 'repository', app: 'actions' }],
    [{ kind: 'environment', repository: 'a/b' }],
    [{ kind: 'organization', app: 'actions' }],
    [{ kind: 'team', org: 'a', app: 'actions' }],
  ])('%j is none', (value) => {
    expect(decodeDestination(value)).toBeUndefined()
  })
})
