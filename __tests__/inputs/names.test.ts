import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { isRecord } from '../../src/core/json.js'
import { parseCreateInputs } from '../../src/inputs/create.js'
import { INPUT_NAMES, reportMisspelledNames } from '../../src/inputs/names.js'
import { parsePruneInputs } from '../../src/inputs/prune.js'
import { parseRevokeInputs } from '../../src/inputs/revoke.js'
import { InputReader } from '../../src/inputs/table.js'
import { catchProblems } from '../support/catch-problems.js'

/** What is reported of variables `INPUT_…` with these names. */
function report(given: readonly string[], known: readonly string[]): readonly string[] {
  const inputs = new InputReader(() => '')
  reportMisspelledNames(inputs, given, known)
  return catchProblems(() => inputs.finish())
}

describe('the names of the inputs', () => {
  test.each([
    ['create', 'action.yml'],
    ['revoke', 'revoke/action.yml'],
    ['prune', 'prune/action.yml'],
  ] as const)('of %s are those of %s', (action, file) => {
    const metadata: unknown = parse(readFileSync(file, 'utf8'))
    const inputs = isRecord(metadata) && isRecord(metadata['inputs']) ? metadata['inputs'] : {}
    expect([...INPUT_NAMES[action]].sort()).toEqual(Object.keys(inputs).sort())
  })

  test.each(Object.entries(INPUT_NAMES))(
    'of %s do not count as slips of each other',
    (_, names) => {
      const variables = names.map((name) => name.toUpperCase())
      expect(report(variables, names)).toEqual([])
    },
  )
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
    ['GITHUB-API-URL', 'github_api_url'],
    ['GITHUBAPIURL', 'github_api_url'],
    ['SECRET_TARGET', 'secret_targets'],
    ['RETIAN', 'retain'],
    ['TEAM_IDS', 'team_id'],
  ])('%s is refused, and %s named', (variable, meant) => {
    expect(report([variable, 'LABEL'], INPUT_NAMES.create)).toEqual([
      `${variable.toLowerCase()} is not an input of this action; write ${meant} instead (if INPUT_${variable} is a variable of your own, give it another name)`,
    ])
  })

  test.each(['KEEPS', 'KEP', 'EKEP'])('%s is refused, and keep named', (variable) => {
    expect(report([variable], INPUT_NAMES.prune)).toEqual([expect.stringContaining('write keep ')])
  })

  test.each([
    ...['', 'X', 'KEY', 'ORG', 'TEAM', 'NAME', 'VERSION', 'FETCH-DEPTH', 'PERSIST-CREDENTIALS'],
    ...['LEVEL', 'TABLE', 'TOKEN', 'REPOSITORY', 'APP_NAME', 'ORG_NAME', 'JOB_ID', 'RUN_ID'],
    ...['REVOKE_KEY', 'DRY', '__PROTO__', 'CONSTRUCTOR', 'É', 'A'.repeat(100_000)],
  ])('%.30s is another word', (variable) => {
    for (const names of Object.values(INPUT_NAMES)) expect(report([variable], names)).toEqual([])
  })
})

describe('every action', () => {
  test.each([
    ['create', parseCreateInputs],
    ['revoke', parseRevokeInputs],
    ['prune', parsePruneInputs],
  ] as const)(
    '%s refuses it with all other problems, and never shows its value',
    (_, parseInputs) => {
      const value = 'not-a-key-by-its-looks'
      const read = (name: string) => (name === 'orgkey' ? value : '')
      const context = {
        repository: 'octo-org/example',
        inputNames: ['ORGKEY', 'TIMEOUT_SECOND'],
        findWithheldSecrets: () => undefined,
        findProxyProblem: () => undefined,
      }
      const problems = catchProblems(() => parseInputs(read, context))
      expect(problems).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^orgkey .*write org_key /),
          expect.stringMatching(/^timeout_second .*write timeout_seconds /),
          expect.stringMatching(/^org_key is empty/),
          expect.stringMatching(/^org_id is empty/),
        ]),
      )
      expect(problems.join()).not.toContain(value)
    },
  )
})
