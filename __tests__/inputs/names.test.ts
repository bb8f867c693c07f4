import { describe, expect, test } from '@jest/globals'
import { readActionMetadata } from '../../local-runner/run-action.js'
import { CREATE_INPUTS, POST_INPUTS, parseCreateInputs } from '../../src/inputs/create.js'
import { PRUNE_INPUTS, parsePruneInputs } from '../../src/inputs/prune.js'
import { parseRevokeInputs, REVOKE_INPUTS } from '../../src/inputs/revoke.js'
import { InputReader, required } from '../../src/inputs/table.js'
import { catchProblems, RUN } from '../support/inputs.js'

const ACTIONS = [
  { action: 'create', folder: '.', table: CREATE_INPUTS, parseInputs: parseCreateInputs },
  { action: 'revoke', folder: 'revoke', table: REVOKE_INPUTS, parseInputs: parseRevokeInputs },
  { action: 'prune', folder: 'prune', table: PRUNE_INPUTS, parseInputs: parsePruneInputs },
]

/** The table's defaults where `action.yml` has an expression. */
const OF_THE_RUN: Readonly<Record<string, string>> = {
  [`\${{ github.api_url }}`]: 'https://api.github.com',
  [`\${{ github.token }}`]: '',
  [`\${{ job.status }}`]: '',
}

function namesOf(table: Readonly<Record<string, { readonly name: string }>>): readonly string[] {
  return Object.values(table).map(({ name }) => name)
}

/** What is said of variables `INPUT_…` when everything else is right. */
function findMisspelled(names: readonly string[], variables: readonly string[]): readonly string[] {
  const rows = names.map((name) => [name, required(name, (text) => text)] as const)
  return catchProblems(() =>
    new InputReader(Object.fromEntries(rows), () => 'a', variables).finish(),
  )
}

describe.each(ACTIONS)('the table of $action', ({ folder, table, parseInputs }) => {
  test('has the names, requirements and defaults of its action.yml, in that order', () => {
    const declared = Object.entries(readActionMetadata(folder).inputs)
    expect(
      Object.values(table).map((input) => [input.name, input.isRequired, input.default]),
    ).toEqual(
      declared.map(([name, { required, default: text = '' }]) => [
        name,
        required === 'true',
        OF_THE_RUN[text] ?? text,
      ]),
    )
  })

  test('names that are not misspellings of each other', () => {
    const names = namesOf(table)
    const variables = names.map((name) => name.toUpperCase())
    expect(findMisspelled(names, variables)).toEqual([])
  })

  test('with dashes for underscores everywhere, each name is reported, and nothing else', () => {
    // `team_id` of the revoke action goes with `label`.
    const names = namesOf(table).filter(
      (name) => name.includes('_') && !(folder === 'revoke' && name === 'team_id'),
    )
    const dashed = names.map((name) => name.replaceAll('_', '-'))
    const run = { ...RUN, inputNames: dashed.map((name) => name.toUpperCase()) }
    const problems = catchProblems(() =>
      parseInputs((name) => (name === 'label' && folder === '.' ? 'a' : ''), run),
    )
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(dashed)
    expect(problems.join().match(/of your own/g)).toHaveLength(1)
  })

  test('reports nothing else when the run gets no secrets', () => {
    const read = (name: string) => (name === 'org_key' ? ' \n' : 'x')
    const run = { ...RUN, findWithheldSecrets: () => 'org_key is withheld' }
    expect(catchProblems(() => parseInputs(read, run))).toEqual(['org_key is withheld'])
  })

  test('an unusable proxy for the Management API is reported', () => {
    const run = { ...RUN, findProxyProblem: (url: string) => `no way to ${url}` }
    expect(catchProblems(() => parseInputs(() => '', run))).toContain(
      'no way to https://api.tryvital.io/management',
    )
  })
})

test('the post step reads inputs of the root action', () => {
  const names = Object.entries(POST_INPUTS).map(([key, { name }]) => [key, { name }])
  expect(CREATE_INPUTS).toMatchObject(Object.fromEntries(names))
})

describe('a name one or two letters off', () => {
  test.each([
    ...['REVOK', 'REVKOE', 'REVOCED'].map((variable) => [variable, 'revoke'] as const),
    ...['ORG-KEY', 'ORG_KEYS', 'ROG_KYE'].map((variable) => [variable, 'org_key'] as const),
    ...['LABLE', 'LABELS', 'LABELLS'].map((variable) => [variable, 'label'] as const),
    ['GITHUBAPIURL', 'github_api_url'],
    ['TEAM_IDS', 'team_id'],
  ] as const)('%s is refused, and %s named', (variable, meant) => {
    expect(findMisspelled(namesOf(CREATE_INPUTS), [variable, 'LABEL'])).toEqual([
      `${variable.toLowerCase()} is not an input of this action; enter ${meant} instead (if INPUT_${variable} is a variable of your own, rename it)`,
    ])
  })

  test.each([
    ...['', 'X', 'KEY', 'ORG', 'TEAM', 'NAME', 'VERSION', 'FETCH-DEPTH', 'PERSIST-CREDENTIALS'],
    ...['LEVEL', 'TABLE', 'TOKEN', 'REPOSITORY', 'APP_NAME', 'ORG_NAME', 'JOB_ID', 'RUN_ID'],
    ...['REVOKE_KEY', 'DRY', '__PROTO__', 'CONSTRUCTOR', 'É', 'A'.repeat(100_000)],
  ])('%.30s is another word', (variable) => {
    for (const { table } of ACTIONS) {
      expect(findMisspelled(namesOf(table), [variable])).toEqual([])
    }
  })
})
