import { describe, expect, test } from '@jest/globals'
import { parseCleanUpInputs } from '../../src/inputs/post.js'
import { catchProblems } from '../support/catch-problems.js'

const ORG_KEY = 'mg_fake_org_key_0000'
const ORG_ID = '00000000-0000-4000-8000-000000000001'

type Given = Readonly<Record<string, string>>

const CONTEXT = {
  repository: '',
  inputNames: [],
  findWithheldSecrets: () => undefined,
  findProxyProblem: () => undefined,
}

describe('parseCleanUpInputs', () => {
  const parse = (given: Given) => parseCleanUpInputs((name) => given[name] ?? '', CONTEXT)

  test('needs nothing but the key and the organization', () => {
    expect(parse({ org_key: ` ${ORG_KEY} `, org_id: ORG_ID })).toEqual({
      orgKey: ORG_KEY,
      orgId: ORG_ID,
      apiUrl: 'https://api.tryvital.io/management',
      revoke: 'never',
      jobStatus: '',
      timeoutMs: 30_000,
      githubToken: '',
      githubApiUrl: 'https://api.github.com',
    })
  })

  test('reads every input', () => {
    expect(
      parse({
        org_key: ORG_KEY,
        revoke: 'on_failure',
        job_status: ' Failure ',
        timeout_seconds: '7',
        org_id: ORG_ID.toUpperCase(),
        api_url: 'https://fake.example/management/',
        github_api_url: 'https://fake.example/api/v3/',
        label: '',
        github_token: ' ghs_fake_token ',
      }),
    ).toEqual({
      orgKey: ORG_KEY,
      orgId: ORG_ID,
      apiUrl: 'https://fake.example/management',
      revoke: 'on_failure',
      jobStatus: 'failure',
      timeoutMs: 7_000,
      githubToken: 'ghs_fake_token',
      githubApiUrl: 'https://fake.example/api/v3',
    })
  })

  test('lists every problem in one error', () => {
    expect(catchProblems(() => parse({ revoke: 'maybe', timeout_seconds: '0' }))).toEqual([
      expect.stringMatching(/^org_key is empty/),
      expect.stringMatching(/^org_id is empty/),
      expect.stringMatching(/^timeout_seconds "0" is not/),
      expect.stringMatching(/^revoke "maybe" is not known; write never, always or on_failure$/),
    ])
  })
})
