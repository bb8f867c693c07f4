import { expect, test } from '@jest/globals'
import { readPostInputs } from '../../src/inputs/create.js'
import { ORG, readerOf } from '../support/inputs.js'

const { parse, findProblems } = readerOf((...given) => readPostInputs(...given).finish(), {})

test('needs nothing but the key and the organization', () => {
  expect(parse()).toEqual({
    orgKey: ORG['org_key'],
    orgId: ORG['org_id'],
    apiUrl: 'https://api.tryvital.io/management',
    teamIds: [],
    label: '',
    jobStatus: '',
    timeoutMs: 30_000,
    githubToken: '',
    githubApiUrl: 'https://api.github.com',
  })
})

test('reads how the job ended', () => {
  expect(parse({ job_status: ' Failure ', label: '' }).jobStatus).toBe('failure')
})

test('takes what main has checked as it is', () => {
  const given = { label: ' a ', team_id: 'B,a, b' }
  expect(parse(given)).toMatchObject({ label: ' a ', teamIds: ['b', 'a'] })
})

test('takes no address of GitHub that it could not send a token to', () => {
  expect(parse({ github_api_url: 'http://gitea.example/api/v1' }).githubApiUrl).toBe('')
})

test('lists every problem in one error', () => {
  const findProxyProblem = (url: string) => `no way to ${url}`
  const given = { org_key: '', org_id: '', timeout_seconds: '0' }
  expect(findProblems(given, { findProxyProblem })).toEqual([
    expect.stringMatching(/^org_key is empty/),
    expect.stringMatching(/^org_id is empty/),
    expect.stringMatching(/^timeout_seconds "0" is not/),
    'no way to https://api.tryvital.io/management',
  ])
})
