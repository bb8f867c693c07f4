import { describe, expect, test } from '@jest/globals'
import { readActionMetadata } from '../../local-runner/action-metadata.js'
import { CREATE_INPUTS, POST_INPUTS, parseCreateInputs } from '../../src/inputs/create.js'
import { describeMisspelledNames, findMisspelledNames } from '../../src/inputs/names.js'
import { PRUNE_INPUTS, parsePruneInputs } from '../../src/inputs/prune.js'
import { parseRevokeInputs, REVOKE_INPUTS } from '../../src/inputs/revoke.js'
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

/** Names of a table's inputs. */
function namesOf(table: Readonly<Record<string, { readonly name: string }>>): readonly string[] {
  return Object.values(table).map(({ name }) => name)
}

describe.each(ACTIONS)('the table of $action', ({ folder, table, parseInputs }) => {
  test('has the names, requirements and defaults of its action.yml, in that order', () => {
    const declared = Object.entries(readActionMetadata(folder).inputs)
    expect(
      Object.values(table).map((input) => [input.name, input.isRequired, input.default]),
    ).toEqual(
      declared.map(([name, { required, default: text }]) => [
        name,
        required,
        OF_THE_RUN[text] ?? text,
      ]),
    )
  })

  test('names that are not misspellings of each other', () => {
    const names = namesOf(table)
    const variables = names.map((name) => name.toUpperCase())
    expect(findMisspelledNames(variables, names)).toEqual([])
  })

  test('reports misspelled names, and never their values', () => {
    const value = 'not-a-key-by-its-looks'
    const read = (name: string) => (name === 'orgkey' ? value : '')
    const run = { ...RUN, inputNames: ['ORGKEY', 'TIMEOUT_SECOND'] }
    const problems = catchProblems(() => parseInputs(read, run))
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^orgkey .*enter org_key instead$/),
        expect.stringMatching(
          /^timeout_second .*enter timeout_seconds .*INPUT_ORGKEY or INPUT_TIME/,
        ),
        expect.stringMatching(/^org_id is empty/),
      ]),
    )
    expect(problems.join()).not.toMatch(/org_key is empty/)
    expect(problems.join()).not.toContain(value)
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

  test.each([
    ['fork', /^org_key is empty because .* comes from a fork.* if: github\.event\.pull_request/],
    ['dependabot', /^org_key is empty because .* by Dependabot.* Skip this step: if: /],
  ] as const)('without secrets (%s), nothing else is reported', (withheld, words) => {
    const read = (name: string) => (name === 'org_key' ? ' \n' : 'x')
    const run = { ...RUN, findWithheldSecrets: () => withheld }
    expect(catchProblems(() => parseInputs(read, run))).toEqual([expect.stringMatching(words)])
  })

  test('an unusable proxy for the Management API is reported', () => {
    const run = { ...RUN, findProxyProblem: (url: string) => `no way to ${url}` }
    expect(catchProblems(() => parseInputs(() => '', run))).toContain(
      'no way to https://api.tryvital.io/management',
    )
  })
})

test('the post step reads inputs of the root action, in the same way', () => {
  expect(CREATE_INPUTS).toMatchObject(POST_INPUTS)
})

describe('a name one or two letters off', () => {
  test.each([
    ['REVOK', 'revoke'],
    ['REVKOE', 'revoke'],
    ['REVOCED', 'revoke'],
    ['ORG-KEY', 'org_key'],
    ['ORGKEY', 'org_key'],
    ['ORG_KEYS', 'org_key'],
    ['ROG_KYE', 'org_key'],
    ['LABLE', 'label'],
    ['LABELS', 'label'],
    ['LABELLS', 'label'],
    ['GITHUB-API-URL', 'github_api_url'],
    ['GITHUBAPIURL', 'github_api_url'],
    ['SECRET_TARGET', 'secret_targets'],
    ['RETIAN', 'retain'],
    ['TEAM_IDS', 'team_id'],
  ])('%s is refused, and %s named', (variable, meant) => {
    const misspelled = findMisspelledNames([variable, 'LABEL'], namesOf(CREATE_INPUTS))
    expect(describeMisspelledNames(misspelled)).toEqual([
      `${variable.toLowerCase()} is not an input of this action; enter ${meant} instead (if INPUT_${variable} is a variable of your own, rename it)`,
    ])
  })

  test.each([
    ...['', 'X', 'KEY', 'ORG', 'TEAM', 'NAME', 'VERSION', 'FETCH-DEPTH', 'PERSIST-CREDENTIALS'],
    ...['LEVEL', 'TABLE', 'TOKEN', 'REPOSITORY', 'APP_NAME', 'ORG_NAME', 'JOB_ID', 'RUN_ID'],
    ...['REVOKE_KEY', 'DRY', '__PROTO__', 'CONSTRUCTOR', 'É', 'A'.repeat(100_000)],
  ])('%.30s is another word', (variable) => {
    for (const { table } of ACTIONS) {
      expect(findMisspelledNames([variable], namesOf(table))).toEqual([])
    }
  })
})
