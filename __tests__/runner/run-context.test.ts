import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { readRunContext } from '../../src/runner/run-context.js'

const REPOSITORY = 'fake-owner/fake-repo'
const folder = mkdtempSync(join(tmpdir(), 'run-context-'))
const eventPath = join(folder, 'event.json')

afterAll(() => rmSync(folder, { recursive: true }))

/** Why a run with this event and these variables gets no secrets. */
function explainRun(event: unknown, env: Readonly<Record<string, string>> = {}) {
  writeFileSync(eventPath, typeof event === 'string' ? event : JSON.stringify(event))
  return readRunContext({
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_ACTOR: 'fake-user',
    ...env,
  }).findWithheldSecrets()
}

function pullRequestFrom(repo: unknown) {
  return { pull_request: { head: { repo }, user: { login: 'fake-user' } } }
}

const FROM_FORK = pullRequestFrom({ full_name: 'fake-stranger/fake-repo' })
const FROM_HERE = pullRequestFrom({ full_name: REPOSITORY })

describe('the run’s id', () => {
  test('is that of the runner', () => {
    expect(readRunContext({ GITHUB_RUN_ID: '7263548190' }).runId).toBe('7263548190')
    expect(readRunContext({}).runId).toBe('')
  })
})

describe('the address of GitHub for people', () => {
  test.each([
    ['https://ghes.fake.example/', 'https://ghes.fake.example'],
    ['http://fake.example:8080', 'http://fake.example:8080'],
    ['', 'https://github.com'],
    ['javascript:alert(1)', 'https://github.com'],
  ])('of %j is %s', (text, url) => {
    expect(readRunContext({ GITHUB_SERVER_URL: text }).serverUrl).toBe(url)
  })
})

describe('the names of the inputs', () => {
  test('are those of all variables INPUT_…, as the runner wrote them', () => {
    const env = {
      INPUT_REVOKE: 'never',
      'INPUT_ORG-KEY': 'x',
      INPUT_: 'x',
      input_a: 'x',
      MY_INPUT_B: '',
    }
    expect(readRunContext(env).inputNames).toEqual(['REVOKE', 'ORG-KEY'])
  })
})

describe('findNumberlessEvent', () => {
  const findIn = (event: string, name = 'merge_group') => {
    writeFileSync(eventPath, event)
    const env = { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: eventPath }
    return readRunContext(env).findNumberlessEvent()
  }

  test('names the event whose payload has no number', () => {
    expect(findIn('{"merge_group":{}}')).toBe('merge_group')
    expect(findIn('{"inputs":{}}', 'workflow_dispatch')).toBe('workflow_dispatch')
  })

  test.each(['{"number":42}', 'not JSON', '[]', ''])('names none for %s', (event) => {
    expect(findIn(event)).toBeUndefined()
  })

  test('names none without an event file', () => {
    expect(readRunContext({ GITHUB_EVENT_NAME: 'push' }).findNumberlessEvent()).toBeUndefined()
  })
})

describe('isGitea', () => {
  test.each([
    [{}, false],
    [{ GITEA_ACTIONS: '' }, false],
    [{ GITEA_ACTIONS: 'true' }, true],
    [{ GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' }, false],
  ])('with %j: %j', (env, isGitea) => {
    expect(readRunContext(env).isGitea).toBe(isGitea)
  })
})

describe('findWithheldSecrets', () => {
  test.each(['pull_request', 'pull_request_review', 'pull_request_review_comment'])(
    'sees a fork in a %s event',
    (name) => {
      expect(explainRun(FROM_FORK, { GITHUB_EVENT_NAME: name })).toBe('fork')
      expect(explainRun(FROM_HERE, { GITHUB_EVENT_NAME: name })).toBeUndefined()
    },
  )

  test.each<[string, unknown]>([
    ['a fork that was deleted', pullRequestFrom(null)],
    ['a fork without a name', pullRequestFrom({})],
    ['an empty head', { pull_request: { head: null } }],
    ['no head', { pull_request: {} }],
  ])('detects a fork: %s', (_what, event) => {
    expect(explainRun(event)).toBe('fork')
  })

  test.each(['pull_request_target', 'workflow_run', 'issue_comment', 'push', ''])(
    'sees none in a %s event, which gets secrets',
    (name) => {
      expect(explainRun(FROM_FORK, { GITHUB_EVENT_NAME: name })).toBeUndefined()
    },
  )

  test.each<[string, unknown]>([
    ['no pull request', {}],
    ['an invalid pull request', { pull_request: 7 }],
    ['an event that is not an object', []],
    ['a file that is not JSON', '{"pull_request"'],
    ['an empty file', ''],
  ])('sees none without facts: %s', (_what, event) => {
    expect(explainRun(event)).toBeUndefined()
  })

  test.each<[string, string]>([
    ['nowhere', ''],
    ['a file that is not there', join(folder, 'missing.json')],
    ['a folder', folder],
  ])('sees none when the event is in %s', (_what, path) => {
    expect(explainRun(FROM_FORK, { GITHUB_EVENT_PATH: path })).toBeUndefined()
  })

  test('sees none without any variable', () => {
    expect(readRunContext({}).findWithheldSecrets()).toBeUndefined()
  })

  test.each([
    ...['push', 'pull_request', 'pull_request_review', 'pull_request_review_comment'],
    ...['create', 'deployment', 'deployment_status'],
  ])('sees Dependabot in a %s event', (name) => {
    const env = { GITHUB_EVENT_NAME: name, GITHUB_ACTOR: 'dependabot[bot]' }
    expect(explainRun(FROM_HERE, env)).toBe('dependabot')
    expect(explainRun('{', env)).toBe('dependabot')
  })

  test.each(['schedule', 'merge_group', 'workflow_dispatch', 'pull_request_target', 'release', ''])(
    'does not blame Dependabot in a %s event, which gets secrets',
    (name) => {
      const env = { GITHUB_EVENT_NAME: name, GITHUB_ACTOR: 'dependabot[bot]' }
      expect(explainRun(FROM_HERE, env)).toBeUndefined()
    },
  )

  test('ignores the case of a repository, as GitHub does', () => {
    expect(explainRun(pullRequestFrom({ full_name: 'Fake-Owner/FAKE-repo' }))).toBeUndefined()
  })

  test('mistakes nobody else for Dependabot', () => {
    expect(explainRun(FROM_HERE, { GITHUB_ACTOR: 'dependabot' })).toBeUndefined()
  })

  test('reads the event only when needed', () => {
    const context = readRunContext({
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: eventPath,
      GITHUB_REPOSITORY: REPOSITORY,
    })
    writeFileSync(eventPath, JSON.stringify(FROM_FORK))
    expect(context.findWithheldSecrets()).toBe('fork')
  })
})
