import { describe, expect, test } from '@jest/globals'
import { parseCleanUpInputs } from '../../src/core/clean-up-inputs.js'
import { catchProblems } from '../support/catch-problems.js'

const ORG_KEY = 'mg_fake_org_key_0000'

type Given = Readonly<Record<string, string>>

describe('parseCleanUpInputs', () => {
  const parse = (given: Given) => parseCleanUpInputs((name) => given[name] ?? '')

  test('needs nothing but the key', () => {
    expect(parse({ org_key: ` ${ORG_KEY} ` })).toEqual({
      orgKey: ORG_KEY,
      revoke: 'never',
      jobStatus: '',
      timeoutMs: 30_000,
      githubToken: '',
    })
  })

  test('reads every input', () => {
    expect(
      parse({
        org_key: ORG_KEY,
        revoke: 'on_failure',
        job_status: ' Failure ',
        timeout_seconds: '7',
        org_id: 'not its business',
        github_token: ' ghs_fake_token ',
      }),
    ).toEqual({
      orgKey: ORG_KEY,
      revoke: 'on_failure',
      jobStatus: 'failure',
      timeoutMs: 7_000,
      githubToken: 'ghs_fake_token',
    })
  })

  test('lists every problem in one error', () => {
    expect(catchProblems(() => parse({ revoke: 'maybe', timeout_seconds: '0' }))).toEqual([
      expect.stringMatching(/^org_key is empty/),
      expect.stringMatching(/^revoke "maybe" is not known; write never, always or on_failure$/),
      expect.stringMatching(/^timeout_seconds "0" is not/),
    ])
  })
})
