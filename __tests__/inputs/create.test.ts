import { describe, expect, test } from '@jest/globals'
import { parseCreateInputs } from '../../src/inputs/create.js'
import { type Given, ORG, readerOf } from '../support/inputs.js'

const ORG_KEY = String(ORG['org_key'])
const ORG_ID = String(ORG['org_id'])
const TEAM_ID = '00000000-0000-4000-8000-00000000000a'
const OTHER_TEAM_ID = '00000000-0000-4000-8000-00000000000b'

const ALL_WRONG: Given = {
  org_key: 'sk_us_fake_team_key',
  org_id: 'fake-organization',
  team_id: 'fake-team',
  label: 'two\nlines',
  if_exists: 'maybe',
  retain: 'few',
  revoke: 'sometimes',
  env_name: 'GITHUB_FAKE',
  output_key: 'yes',
  dry_run: '1',
  api_url: 'http://evil.example',
  timeout_seconds: '0',
}

const { parse, findProblems } = readerOf(parseCreateInputs, {
  team_id: TEAM_ID,
  label: 'preview-42',
})

describe('parseCreateInputs', () => {
  test('fills in the defaults of action.yml', () => {
    expect(parse()).toEqual({
      orgKey: ORG_KEY,
      orgId: ORG_ID,
      teamIds: [TEAM_ID],
      label: 'preview-42',
      ifExists: 'create',
      retain: 0,
      olderThanMs: undefined,
      revoke: 'never',
      secretName: '',
      secretTargets: '',
      targets: [],
      createEnvironments: false,
      githubToken: '',
      envName: undefined,
      outputKey: true,
      verify: false,
      dryRun: false,
      apiUrl: 'https://api.tryvital.io/management',
      githubApiUrl: 'https://api.github.com',
      timeoutMs: 30_000,
      jobStatus: '',
      warnings: [],
    })
  })

  test('reads every input', () => {
    expect(
      parse({
        org_key: `${ORG_KEY}\n`,
        org_id: ORG_ID.toUpperCase(),
        team_id: `${TEAM_ID}\n${OTHER_TEAM_ID}\n`,
        label: ' ::Schlüssel %0A "1" ',
        if_exists: 'replace',
        retain: '2',
        revoke: 'on_failure',
        env_name: 'FAKE_KEY',
        output_key: 'False',
        dry_run: 'TRUE',
        api_url: 'http://127.0.0.1:8080/management/',
        timeout_seconds: '5',
      }),
    ).toMatchObject({
      orgKey: ORG_KEY,
      orgId: ORG_ID,
      teamIds: [TEAM_ID, OTHER_TEAM_ID],
      label: ' ::Schlüssel %0A "1" ',
      ifExists: 'replace',
      retain: 2,
      revoke: 'on_failure',
      envName: 'FAKE_KEY',
      outputKey: false,
      dryRun: true,
      apiUrl: 'http://127.0.0.1:8080/management',
      timeoutMs: 5_000,
    })
  })

  test.each(['create', 'replace', 'fail'])('if_exists may be %s', (word) => {
    expect(parse({ if_exists: word }).ifExists).toBe(word)
  })

  test.each(['0', '1000'])('retain may be %s', (text) => {
    expect(parse({ if_exists: 'replace', retain: text }).retain).toBe(Number(text))
  })

  test.each(['1001', '-1', '1.5', 'few'])('retain may not be %j', (text) => {
    expect(findProblems({ if_exists: 'replace', retain: text })).toEqual([
      `retain "${text}" is not a whole number from 0 to 1000`,
    ])
  })

  test.each(['never', 'always', 'on_failure'])('revoke may be %s', (word) => {
    expect(findProblems({ revoke: word })).toEqual([])
  })

  test('takes any github_api_url while no request to GitHub is needed', () => {
    for (const github_api_url of ['http://gitea.example/api/v1', '/api/v1', 'ftp://x']) {
      expect(parse({ github_api_url }).githubApiUrl).toBe('')
      const secret = { secret_name: 'A', github_token: 'ghs_fake' }
      expect(findProblems({ ...secret, github_api_url })).toEqual([
        expect.stringMatching(/^github_api_url /),
      ])
    }
  })

  test('refuses revoke: on_failure on Gitea, whose post steps never see a failure', () => {
    expect(findProblems({ revoke: 'on_failure' }, { isGitea: true })).toEqual([
      expect.stringMatching(
        /^revoke: on_failure would never .*; set revoke: always, or add a last/,
      ),
    ])
    expect(findProblems({ revoke: 'always' }, { isGitea: true })).toEqual([])
  })

  describe('when the event has no number', () => {
    const MERGE_GROUP = { findNumberlessEvent: () => 'merge_group' }
    const SECRET = { secret_name: 'A', github_token: 'ghs_fake' }

    test.each(['preview-pr-', 'pr_', 'previews/', 'preview ', 'pr  eu'])('warns of %j', (text) => {
      expect(parse({ label: text }, MERGE_GROUP).warnings).toEqual([
        expect.stringMatching(
          /^label ".*github\.event\.number }} is empty in a run for merge_group\./,
        ),
      ])
      const secret_targets = `env="${text}."\nenv=pr-\nrepo`
      expect(parse({ ...SECRET, secret_targets }, MERGE_GROUP).warnings).toContainEqual(
        expect.stringMatching(
          /^secret_targets: the environment "pr-" looks as if a number is miss/,
        ),
      )
      expect(parse({ label: text }).warnings).toEqual([])
    })

    test('does not ask for the event without such a text', () => {
      const findNumberlessEvent = () => {
        throw new Error('asked')
      }
      expect(parse({ label: 'pr-42 - x' }, { findNumberlessEvent }).warnings).toEqual([])
    })
  })

  describe('when inputs are wrong', () => {
    test('lists every problem in one error, each beginning with its input’s name', () => {
      const problems = findProblems(ALL_WRONG)
      expect(problems.map((problem) => problem.split(' ')[0])).toEqual(Object.keys(ALL_WRONG))
    })

    test('shows one per line', () => {
      expect(() => parse({ org_id: 'fake', retain: 'few' })).toThrow(
        /^2 inputs need attention:\n- org_id "fake" is not [^\n]*\n- retain "few" is not [^\n]*$/,
      )
    })

    test('shows a single one without a list', () => {
      expect(() => parse({ retain: 'few' })).toThrow(/^retain "few" is not a whole number/)
    })

    test.each(Object.entries(ALL_WRONG))('names %s alone when only it is wrong', (name, value) => {
      const problems = findProblems({ [name]: value })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(new RegExp(`^${name} `))
    })

    test('names every required input that is missing', () => {
      const problems = findProblems({ org_key: ' ', org_id: '', team_id: ',', label: '\n' })
      expect(problems).toEqual([
        expect.stringMatching(/^org_key is empty/),
        expect.stringMatching(/^org_id is empty/),
        expect.stringMatching(/^team_id is empty/),
        expect.stringMatching(/^label is empty/),
      ])
    })

    test.each(['false', 'False', 'FALSE', ' false '])(
      'refuses output_key: %s when the key has no other destination',
      (word) => {
        expect(findProblems({ output_key: word, env_name: ' ' })).toEqual([
          expect.stringMatching(
            /^output_key is false, and neither env_name nor secret_name is set.*; set one of the three$/,
          ),
        ])
      },
    )

    test.each([
      [{ retain: '1' }, 'create'],
      [{ retain: ' 01\n', if_exists: 'create' }, 'create'],
      [{ retain: '1000', if_exists: 'fail' }, 'fail'],
      [{ retain: '2', if_exists: ' skip ', secret_name: 'A', github_token: 'ghs_fake' }, 'skip'],
    ])('refuses %j, where retain has no effect', (given, word) => {
      expect(findProblems(given)).toEqual([
        `retain has no effect when if_exists is ${word}: no previous key would be revoked; set if_exists: replace, or remove retain`,
      ])
    })

    test('accepts the default of retain with every if_exists', () => {
      for (const word of ['', 'create', 'replace', 'fail']) {
        expect(findProblems({ retain: '0', if_exists: word })).toEqual([])
      }
      expect(findProblems({ retain: '1', if_exists: 'replace' })).toEqual([])
    })

    test.each(['create', 'skip', 'fail'])('refuses older_than when if_exists is %s', (word) => {
      const given = { older_than: '30d', if_exists: word, secret_name: 'A', github_token: 'ghs_f' }
      expect(findProblems(given)).toEqual([
        `older_than has no effect when if_exists is ${word}; set if_exists: replace, or remove older_than`,
      ])
    })

    test('accepts older_than with if_exists: replace, with or without a secret', () => {
      const given = { older_than: '30d', if_exists: 'replace' }
      expect(parse(given).olderThanMs).toBe(30 * 86_400_000)
      expect(findProblems({ ...given, older_than: '30' })).toEqual([
        expect.stringMatching(/^older_than "30" is not a valid age/),
      ])
    })

    test('accepts output_key: false with env_name', () => {
      expect(findProblems({ output_key: 'false', env_name: 'FAKE_KEY' })).toEqual([])
    })
  })

  describe('when a secret is misplaced', () => {
    const ELSEWHERE = Object.keys(ALL_WRONG).filter(
      (name) => !['org_key', 'label', 'api_url', 'env_name'].includes(name),
    )

    test.each(ELSEWHERE)('does not quote the org key in %s', (name) => {
      const [problem, ...more] = findProblems({ [name]: ORG_KEY })
      expect(problem).toMatch(
        new RegExp(`^${name} a value that looks like a key \\(not shown\\) is n`),
      )
      expect(more).toEqual([])
    })

    test.each([
      ['api_url', ORG_KEY],
      ['api_url', `http://evil.example/${ORG_KEY}`],
      ['api_url', `https://fake.example/?key=${ORG_KEY}`],
      ['api_url', `https://${ORG_KEY}@fake.example`],
      ['env_name', `${ORG_KEY}-`],
      ['label', ORG_KEY],
      ['label', `preview ${ORG_KEY}!`],
      ['team_id', `${TEAM_ID},${ORG_KEY}`],
      ['org_key', `${ORG_KEY}\n${ORG_KEY}`],
      ['org_key', 'sk_eu_fake_org_key_0000'],
      ['org_key', 'fake_org_key_0000'],
    ])('does not quote it in %s %j', (name, value) => {
      const problems = findProblems({ [name]: value })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(new RegExp(`^${name} `))
      expect(problems[0]).not.toContain('fake_org_key')
    })

    test('says that a label is not kept secret', () => {
      expect(findProblems({ label: `for ${ORG_KEY}`, org_key: ` ${ORG_KEY}\n` })).toEqual([
        'label contains the value of org_key and is not kept secret; remove that value',
      ])
      const github_token = 'ghs_fake_token'
      expect(findProblems({ label: `for ${github_token}`, github_token })).toEqual([
        'label contains the value of github_token and is not kept secret; remove that value',
      ])
    })

    test('does not mistake short text for a secret', () => {
      expect(findProblems({ org_key: 'pre' })).toEqual([expect.stringMatching(/^org_key /)])
    })
  })

  describe('when GitHub withholds the secrets', () => {
    test('does not report it when there is a key', () => {
      expect(findProblems({}, { findWithheldSecrets: () => 'fork' })).toEqual([])
      expect(
        findProblems({ org_key: 'pk_us_fake' }, { findWithheldSecrets: () => 'dependabot' }),
      ).toEqual([expect.stringMatching(/^org_key is a Team API Key/)])
    })

    test('checks only when org_key is empty', () => {
      const findWithheldSecrets = () => {
        throw new Error('asked')
      }
      expect(() => parse({}, { findWithheldSecrets })).not.toThrow()
      expect(() => parse({ org_key: '' }, { findWithheldSecrets })).toThrow('asked')
    })
  })
})
