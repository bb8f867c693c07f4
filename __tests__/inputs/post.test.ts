import { describe, expect, test } from '@jest/globals'
import { parsePostInputs } from '../../src/inputs/create.js'
import { ORG, readerOf } from '../support/inputs.js'

const { parse, findProblems } = readerOf(parsePostInputs, {})

describe('parsePostInputs', () => {
  test('needs nothing but the key and the organization', () => {
    expect(parse({ org_key: ` ${ORG['org_key']} ` })).toEqual({
      orgKey: ORG['org_key'],
      orgId: ORG['org_id'],
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
        revoke: 'on_failure',
        job_status: ' Failure ',
        timeout_seconds: '7',
        org_id: String(ORG['org_id']).toUpperCase(),
        api_url: 'https://fake.example/management/',
        github_api_url: 'https://fake.example/api/v3/',
        label: '',
        github_token: ' ghs_fake_token\n',
      }),
    ).toEqual({
      orgKey: ORG['org_key'],
      orgId: ORG['org_id'],
      apiUrl: 'https://fake.example/management',
      revoke: 'on_failure',
      jobStatus: 'failure',
      timeoutMs: 7_000,
      githubToken: 'ghs_fake_token',
      githubApiUrl: 'https://fake.example/api/v3',
    })
  })

  test('takes no address of GitHub that it could not send a token to', () => {
    expect(parse({ github_api_url: 'http://gitea.example/api/v1' }).githubApiUrl).toBe('')
  })

  test('lists every problem in one error', () => {
    const empty = { org_key: '', org_id: '' }
    expect(findProblems({ ...empty, revoke: 'maybe', timeout_seconds: '0' })).toEqual([
      expect.stringMatching(/^org_key is empty/),
      expect.stringMatching(/^org_id is empty/),
      expect.stringMatching(
        /^revoke "maybe" is not a valid value; enter never, always or on_failure$/,
      ),
      expect.stringMatching(/^timeout_seconds "0" is not/),
    ])
  })

  test('reports an unusable proxy for the Management API', () => {
    const findProxyProblem = (url: string) => `no way to ${url}`
    expect(findProblems({}, { findProxyProblem })).toEqual([
      'no way to https://api.tryvital.io/management',
    ])
  })
})
