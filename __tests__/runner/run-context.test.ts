import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { readRunContext } from '../../src/runner/run-context.js'

const REPOSITORY = 'fake-owner/fake-repo'
const folder = mkdtempSync(join(tmpdir(), 'run-context-'))
const eventPath = join(folder, 'event.json')

afterAll(() => rmSync(folder, { recursive: true }))

/** The context of a run of a pull request with this event and these variables. */
function contextOf(event: unknown, env: Readonly<Record<string, string>> = {}) {
  const context = readRunContext({
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_ACTOR: 'fake-user',
    ...env,
  })
  // Written last: the event is read only when it is asked for.
  writeFileSync(eventPath, typeof event === 'string' ? event : JSON.stringify(event))
  return context
}

test.each([
  ['https://ghes.fake.example/', 'https://ghes.fake.example'],
  ['http://fake.example:8080', 'http://fake.example:8080'],
  ['', 'https://github.com'],
  ['javascript:alert(1)', 'https://github.com'],
])('the address of GitHub for people of %j is %s', (text, url) => {
  expect(readRunContext({ GITHUB_SERVER_URL: text }).serverUrl).toBe(url)
})

test('the names of the inputs are those of all variables INPUT_…, as the runner wrote them', () => {
  const env = {
    INPUT_REVOKE: 'never',
    'INPUT_ORG-KEY': 'x',
    INPUT_: 'x',
    input_a: 'x',
    MY_INPUT_B: '',
  }
  expect(readRunContext(env).inputNames).toEqual(['REVOKE', 'ORG-KEY'])
})

test.each([
  ['{"merge_group":{}}', 'merge_group', 'merge_group'],
  ['{"inputs":{}}', 'workflow_dispatch', 'workflow_dispatch'],
  ...['{"number":42}', 'not JSON', '[]', ''].map((event) => [event, 'push', undefined] as const),
] as const)('%s of %s has no number: %s', (event, name, numberless) => {
  expect(contextOf(event, { GITHUB_EVENT_NAME: name }).findNumberlessEvent()).toBe(numberless)
})

test.each([
  [{}, false],
  [{ GITEA_ACTIONS: '' }, false],
  [{ GITEA_ACTIONS: 'true' }, true],
  [{ GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' }, false],
])('isGitea with %j: %j', (env, isGitea) => {
  expect(readRunContext(env).isGitea).toBe(isGitea)
})

describe('findWithheldSecrets', () => {
  const fromRepository = (repo: unknown) => ({ pull_request: { head: { repo } } })
  const FROM_FORK = fromRepository({ full_name: 'fake-stranger/fake-repo' })
  const FROM_HERE = fromRepository({ full_name: 'Fake-Owner/FAKE-repo' })
  const FORK =
    /^org_key is empty because .* comes from a fork.* Skip .*: if: github\.event\.pull_req/
  const DEPENDABOT =
    /^org_key is empty because .* by Dependabot.* Skip this step: if: github\.actor/

  const explain = (...run: Parameters<typeof contextOf>) => contextOf(...run).findWithheldSecrets()

  test.each(['pull_request', 'pull_request_review', 'pull_request_review_comment'])(
    'sees a fork in a %s event',
    (name) => {
      expect(explain(FROM_FORK, { GITHUB_EVENT_NAME: name })).toMatch(FORK)
      expect(explain(FROM_HERE, { GITHUB_EVENT_NAME: name })).toBeUndefined()
    },
  )

  test.each([
    ...[fromRepository(null), fromRepository({})],
    ...[{ pull_request: { head: null } }, { pull_request: {} }],
  ])('sees a fork that was deleted: %j', (event) => {
    expect(explain(event)).toMatch(FORK)
  })

  test('sees none without facts', () => {
    for (const event of [{}, { pull_request: 7 }, [], '{"pull_request"', '']) {
      expect(explain(event)).toBeUndefined()
    }
    for (const path of ['', join(folder, 'missing.json'), folder]) {
      expect(explain(FROM_FORK, { GITHUB_EVENT_PATH: path })).toBeUndefined()
    }
    expect(readRunContext({}).findWithheldSecrets()).toBeUndefined()
  })

  test.each([
    ...['push', 'pull_request', 'pull_request_review', 'pull_request_review_comment'],
    ...['create', 'deployment', 'deployment_status'],
  ])('sees Dependabot in a %s event', (name) => {
    const env = { GITHUB_EVENT_NAME: name, GITHUB_ACTOR: 'dependabot[bot]' }
    expect(explain(FROM_HERE, env)).toMatch(DEPENDABOT)
    expect(explain('{', env)).toMatch(DEPENDABOT)
  })

  test.each([
    ...['pull_request_target', 'workflow_run', 'issue_comment', 'schedule', 'merge_group'],
    ...['workflow_dispatch', 'release', ''],
  ])('sees neither in a %s event, which gets secrets', (name) => {
    expect(explain(FROM_FORK, { GITHUB_EVENT_NAME: name })).toBeUndefined()
    const env = { GITHUB_EVENT_NAME: name, GITHUB_ACTOR: 'dependabot[bot]' }
    expect(explain(FROM_HERE, env)).toBeUndefined()
  })

  test('mistakes nobody else for Dependabot', () => {
    expect(explain(FROM_HERE, { GITHUB_ACTOR: 'dependabot' })).toBeUndefined()
  })
})

test.each(['GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB', 'RUNNER_TRACKING_ID', 'HOSTNAME'])(
  'a job is another one with another %s',
  (name) => {
    const [one, same, other] = ['1', '1', '2'].map((value) => readRunContext({ [name]: value }).job)
    expect(one).toBe(same)
    expect(one).not.toBe(other)
  },
)
