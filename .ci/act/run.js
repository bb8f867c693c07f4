// node .ci/act/run.js: plays the job end-to-end of ci.yml with act and reads its log; then each workflow of
// examples/ and of the pages for users, for all of its events, against one sandbox, and checks the state of the
// two services after each run.
//
// These run unchanged, but for `deployment: false`, which act does not know. act uses a copy of this
// repository for OWNER/junction-management-key@v1, in which only the Management API's URL differs (see layOut),
// and app-token/ for the App's token. act does not support environments: every job gets all secrets.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackages } from '../../local-runner/install-packages.js'
import { startSandbox } from '../../sandbox/server.js'

/** @import { KeySeed } from '../../sandbox/types.ts' */

const ROOT = join(import.meta.dirname, '..', '..')
const ACTION = 'OWNER/junction-management-key'
const API_URL = 'https://api.tryvital.io/management'
const REPOSITORY = 'octo-org/example'
const ACT = runTool('install_act').trim()
const DAY_MS = 24 * 60 * 60 * 1000
const SET_BY_SANDBOX =
  /^.*::set-env:: (?:JUNCTION_ORG_KEY=mg|SANDBOX_(?:GITHUB|WORKFLOW)_TOKEN=ghs)_sandbox_[\w-]+$/gm
/** The teams that fan-out.yml names. */
const TEAMS = readTeams()
const [TEAM = '', OTHER_TEAM = ''] = TEAMS

/** @type {Set<string>} */
const ran = new Set()
const scratch = mkdtempSync(join(tmpdir(), 'examples-'))
const published = join(scratch, 'action')
const user = join(scratch, 'user')
const workflows = join(user, '.github', 'workflows')

await installPackages(console.log)
const sandbox = await startSandbox({ teamIds: TEAMS, repository: REPOSITORY })
try {
  mkdirSync(join(scratch, 'home'))
  await endToEnd()
  const files = layOut()
  await quickStart()
  await bootstrap()
  await rotate()
  await fanOut()
  await preview()
  await revokeByHand()
  await prune()
  await migration()
  await teamApiKey()
  // Every workflow must have a test here.
  deepEqual([...ran].sort(), files.sort(), 'Workflows that were run')
} finally {
  await sandbox.stop()
  rmSync(scratch, { recursive: true, force: true })
}

/** That every job went well, masked each key, and cleaned up, its log says. */
async function endToEnd() {
  const copy = join(scratch, 'copy')
  runTool('copy_repository', copy)
  const log = await act(copy, 'ci.yml', ['workflow_dispatch', '--job', 'end-to-end'])
  for (const [times, pattern] of /** @type {const} */ ([
    [1, /Job succeeded/g],
    [1, /The new key reads <\*\*\*>/g],
    [1, /The org key reads <\*\*\*>/g],
    [4, /Summary - .*Created Management Key/g],
    [1, /As expected after the job: /g],
    [1, /Stopped the sandbox/g],
  ])) {
    equal(log.match(pattern)?.length ?? 0, times, `Lines of the end-to-end log like ${pattern}`)
  }
}

async function quickStart() {
  const log = await runWorkflow('README-usage.yml', 'workflow_dispatch')
  equal(log.match(/It is deployed/g)?.length, 1, 'Deployments of the first workflow')
  expectRevoked(/^my-app \d+$/)
}

async function bootstrap() {
  const file = 'bootstrap-environment.yml'
  /** @type {Record<string, string | undefined>} */
  const secrets = {}
  for (const environment of ['production', 'staging']) {
    await runWorkflow(file, 'workflow_dispatch', ['--input', `environment=${environment}`])
    const [key] = activeKeys(`my-app ${environment}`)
    expectKeys(`my-app ${environment}`, { created: 1, active: [key] })
    secrets[`${environment} JUNCTION_MANAGEMENT_KEY`] = key
    expectSecrets(secrets)
  }
  expectEnvironments(['production', 'staging'])

  const writes = countWrites()
  await runWorkflow(file, 'workflow_dispatch', ['--input', 'environment=staging'])
  await runWorkflow('README-store-the-key-in-a-github-secret.yml', ...opened())
  equal(countWrites(), writes, 'Writes of a bootstrap with nothing to do')
  expectSecrets(secrets)
}

/** Replaces the key of the bootstrap: it is not due, then its secret is missing, then an overlap ends. */
async function rotate() {
  const label = 'my-app production'
  const before = readSecrets()
  const writes = countWrites()
  await runWorkflow('rotate.yml', 'schedule')
  equal(countWrites(), writes, 'Writes of a rotation that is not due')

  const [first] = activeKeys(label)
  const secret = 'environments/production/secrets/JUNCTION_MANAGEMENT_KEY'
  await fetch(`${sandbox.githubUrl}/repos/${REPOSITORY}/${secret}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${sandbox.githubToken}` },
  })
  await runWorkflow('rotate.yml', 'schedule')
  const [, second] = activeKeys(label)
  expectKeys(label, { created: 2, active: [first, second] })
  expectSecrets({ ...before, 'production JUNCTION_MANAGEMENT_KEY': second })
  ok(
    sandbox.requests.some(({ path, status }) => path.includes('/team/') && status === 200),
    'It is verified',
  )

  const previous = seedKey(label, 60)
  const current = seedKey(label, 2)
  await runWorkflow('rotate.yml', 'workflow_dispatch')
  const rest = activeKeys(label)
  deepEqual(rest, [first, second, current], `Keys after the overlap of ${previous}`)

  await runWorkflow('docs-recipes-rotate-deploy-and-test-in-one-run.yml', ...opened())
  const [third, ...others] = activeKeys(label)
  equal(rest.includes(third ?? ''), false, 'The new key is active')
  deepEqual(others, [], 'The old keys are revoked once the new one is tested')

  await runWorkflow('docs-try-it-try-your-own-workflow.yml', ...opened())
  const [fourth] = activeKeys(label)
  expectSecrets({ ...before, 'production JUNCTION_MANAGEMENT_KEY': fourth })
}

async function fanOut() {
  const before = readSecrets()
  for (const created of [1, 2]) {
    await runWorkflow('fan-out.yml', 'workflow_dispatch')
    const secrets = { ...before }
    for (const [index, team] of ['billing', 'research', 'support'].entries()) {
      for (const environment of ['staging', 'production']) {
        const label = `my-app fan-out ${team} ${environment}`
        const [key] = activeKeys(label)
        expectKeys(label, { created, active: [key], teamIds: [TEAMS[index]] })
        secrets[`${environment} JUNCTION_MANAGEMENT_KEY_${team.toUpperCase()}`] = key
      }
    }
    expectSecrets(secrets)
  }
}

async function preview() {
  const label = 'my-app preview-pr-7'
  const secret = 'preview-pr-7 JUNCTION_MANAGEMENT_KEY'
  const before = readSecrets()
  const file = 'preview.yml'

  const first = await runWorkflow(file, 'pull_request', writeEvent('opened'))
  const [key] = activeKeys(label)
  expectKeys(label, { created: 1, active: [key], teamIds: [TEAM] })
  expectSecrets({ ...before, [secret]: key })
  expectEnvironments(['preview-pr-7', 'production', 'staging'])
  equal(first.match(/The preview pr-7 is deployed/g)?.length, 1, 'Deployments on open')

  const pushed = await runWorkflow(file, 'pull_request', writeEvent('synchronize'))
  const [second] = activeKeys(label)
  expectKeys(label, { created: 2, active: [second] })
  expectSecrets({ ...before, [secret]: second })
  equal(pushed.match(/The preview pr-7 is deployed/g)?.length, 1, 'Deployments on push')

  const writes = countWrites()
  await runWorkflow(file, 'pull_request', writeEvent('synchronize', { from: 'stranger/example' }))
  await runWorkflow(file, 'pull_request', writeEvent('synchronize', { by: 'dependabot[bot]' }))
  equal(countWrites(), writes, 'Writes for a fork and for Dependabot')

  const closed = await runWorkflow(file, 'pull_request', writeEvent('closed'))
  expectKeys(label, { created: 2, active: [] })
  expectSecrets(before)
  expectEnvironments(['production', 'staging'])
  equal(closed.includes('is deployed'), false, 'Deployments on close')

  // As for a pull request that is closed before it gets a preview.
  await runWorkflow(file, 'pull_request', writeEvent('closed'))
  expectEnvironments(['production', 'staging'])

  await runWorkflow(file, 'pull_request', writeEvent('reopened'))
  const [third] = activeKeys(label)
  expectSecrets({ ...before, [secret]: third })
  const step = 'revoke-README-revoke-junction-management-keys.yml'
  await runWorkflow(step, 'pull_request', writeEvent('closed'))
  expectKeys(label, { created: 3, active: [] })
  expectSecrets(before)
}

async function revokeByHand() {
  const active = activeKeys()
  const id = seedKey('my-app stranded', 1)
  const file = 'revoke-README-revoke-a-key-by-hand.yml'
  await runWorkflow(file, 'workflow_dispatch', ['--input', `key_id=${id}`])
  deepEqual(activeKeys(), active, 'Active keys after one is revoked by hand')
}

async function prune() {
  const { github } = sandbox
  github.addPullRequest(REPOSITORY, 11, { state: 'closed' })
  for (const number of [12, 13]) github.addPullRequest(REPOSITORY, number)
  const secrets = readSecrets()
  // Its environment and its secret remain when it is closed.
  await runWorkflow('preview.yml', 'pull_request', writeEvent('opened', { number: 11 }))
  const stale = [
    ...activeKeys('my-app preview-pr-11'),
    seedKey('my-app preview-pr-11', 1), // closed
    seedKey('my-app preview-pr-12', 15), // old
  ]
  seedKey('my-app preview-pr-12', 13)
  seedKey('my-app preview-pr-13', 1)
  seedKey('my-app preview-pr-99', 1) // no such pull request
  seedKey('other-app preview-pr-11', 90)
  seedKey('my-app preview-pr-11', 90, { teamIds: [OTHER_TEAM] }) // another team's

  const active = activeKeys()
  const survivors = active.filter((id) => !stale.includes(id))

  await runWorkflow('prune.yml', 'workflow_dispatch')
  deepEqual(activeKeys(), active, 'Active keys after a report')
  await runWorkflow('prune.yml', 'schedule')
  deepEqual(activeKeys(), survivors, 'Active keys after pruning')
  expectSecrets(secrets)
  expectEnvironments(['production', 'staging'])

  // A key that cannot be revoked fails the run; the environment of one that was revoked goes all the same.
  await runWorkflow('preview.yml', 'pull_request', writeEvent('opened', { number: 11 }))
  const stubborn = seedKey('my-app preview-pr-12', 15)
  sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path: stubborn })
  await runWorkflow('prune.yml', 'schedule', [], 'fails')
  deepEqual(activeKeys(), [...survivors, stubborn], 'Active keys after a failure')
  expectSecrets(secrets)
  expectEnvironments(['production', 'staging'])
  await runWorkflow('prune.yml', 'schedule')
  deepEqual(activeKeys(), survivors, 'Active keys after the night that follows')

  const writes = countWrites()
  await runWorkflow('prune.yml', 'schedule')
  equal(countWrites(), writes, 'Writes of a run that finds nothing')
  seedKey('my-app preview-pr-11', 1)
  const before = activeKeys()
  await runWorkflow('prune-README-prune-junction-management-keys.yml', ...opened())
  deepEqual(activeKeys(), before, 'Active keys after a dry run')
}

async function migration() {
  await runWorkflow('docs-recipes-migration-from-a-curl-step.yml', ...opened())
  expectRevoked(/^ci \d+$/)
}

async function teamApiKey() {
  const log = await runWorkflow('team-api-key.yml', 'workflow_dispatch')
  equal(log.match(/Junction is called/g)?.length, 1, 'Calls with the Team API Key')
  expectRevoked(/^my-app team-api-key \d+$/)
  const url = `${sandbox.managementUrl}/v1/org/${sandbox.orgId}/team_api_keys/sandbox/us`
  const remaining = await fetch(url, { headers: { 'x-management-key': sandbox.orgKey } })
  match(await remaining.text(), /"api_keys":\[\]/)
}

/**
 * Sets up the published actions, and a user's repository.
 *
 * @returns {string[]} The workflows in it.
 */
function layOut() {
  cpSync(join(ROOT, 'dist'), join(published, 'dist'), { recursive: true })
  for (const folder of ['', 'revoke', 'prune']) {
    const text = readFileSync(join(ROOT, folder, 'action.yml'), 'utf8')
    equal(text.split(API_URL).length, 2, `${folder} names the URL of the Management API once`)
    mkdirSync(join(published, folder), { recursive: true })
    writeFileSync(
      join(published, folder, 'action.yml'),
      text.replace(API_URL, sandbox.managementUrl),
    )
  }
  cpSync(join(ROOT, 'examples'), workflows, { recursive: true })
  const extract = join(ROOT, 'scripts', 'extract-workflows.js')
  execFileSync(process.execPath, [extract, workflows], { stdio: 'pipe' })
  for (const file of readdirSync(workflows)) {
    const text = readFileSync(join(workflows, file), 'utf8')
    writeFileSync(join(workflows, file), text.replace(/^ +deployment: false\n/gm, ''))
  }
  writeScript('deploy.sh', 'It is deployed')
  writeScript('smoke-test.sh', 'It works')
  writeScript('deploy-preview.sh', 'The preview $PREVIEW is deployed')
  writeScript('call-junction.sh', 'Junction is called', 'JUNCTION_API_KEY')
  /** @param {string[]} args */
  const git = (...args) => execFileSync('git', args, { cwd: user, stdio: 'pipe' })
  git('init', '--quiet', '--initial-branch=main')
  git('remote', 'add', 'origin', `https://github.com/${REPOSITORY}`)
  git('add', '--all')
  git('-c', 'user.name=ci', '-c', 'user.email=ci@localhost', 'commit', '--quiet', '-m', 'Examples')

  writeEnv('secrets', {
    JUNCTION_ORG_KEY: sandbox.orgKey,
    APP_PRIVATE_KEY: sandbox.githubToken,
    GITHUB_TOKEN: sandbox.workflowToken,
    // In the preview's environment, which act does not support.
    JUNCTION_MANAGEMENT_KEY: 'the secret of the environment',
    SECRETS_TOKEN: sandbox.githubToken,
  })
  writeEnv('vars', {
    JUNCTION_ORG_ID: sandbox.orgId,
    JUNCTION_TEAM_ID: TEAM,
    // For the one workflow that calls the API itself.
    JUNCTION_API_URL: sandbox.managementUrl,
    APP_CLIENT_ID: 'Iv23exampleclientid',
  })
  return readdirSync(workflows)
}

/**
 * Writes a user's script that needs a key.
 *
 * @param {string} file
 * @param {string} done What it says then.
 * @param {string} [variable] Where it expects the key.
 */
function writeScript(file, done, variable = 'JUNCTION_MANAGEMENT_KEY') {
  const text = `#!/bin/sh\n[ -n "$${variable}" ] && echo "${done}"\n`
  writeFileSync(join(user, file), text, { mode: 0o755 })
}

/**
 * Runs one of the user's workflows.
 *
 * @param {string} file
 * @param {string} event
 * @param {string[]} [args] For act.
 * @param {'succeeds' | 'fails'} [end]
 */
function runWorkflow(file, event, args = [], end = 'succeeds') {
  ran.add(file)
  const [appToken] = /actions\/create-github-app-token@\w+/.exec(readExample('rotate.yml')) ?? ['']
  const copies = { [`${ACTION}@v1`]: published, [appToken]: join(import.meta.dirname, 'app-token') }
  const given = { API_URL: sandbox.githubUrl, REPOSITORY }
  const all = [
    event,
    ...Object.entries(copies).flatMap((pair) => ['--local-repository', pair.join('=')]),
    ...['--secret-file', join(scratch, 'secrets'), '--var-file', join(scratch, 'vars')],
    ...Object.entries(given).flatMap((pair) => ['--env', `GITHUB_${pair.join('=')}`]),
    ...args,
  ]
  return act(user, file, all, end)
}

/**
 * Runs a workflow with act, the machine in place of a runner. It must end so, and show no key, token or sealed value,
 * but where the sandbox's own action sets its variables before any other can mask them.
 *
 * @param {string} cwd
 * @param {string} file
 * @param {string[]} args
 * @param {'succeeds' | 'fails'} [end]
 * @returns {Promise<string>} The log.
 */
async function act(cwd, file, args, end = 'succeeds') {
  const began = Date.now()
  const all = [
    ...[...args, '--workflows', `.github/workflows/${file}`, '--env', `GITHUB_RUN_ID=${began}`],
    ...['--platform', 'ubuntu-latest=-self-hosted', '--no-cache-server', '--pull=false'],
  ]
  // A separate home, so that no ~/.actrc applies and nothing is left behind.
  const home = join(scratch, 'home')
  const [XDG_CACHE_HOME, XDG_CONFIG_HOME] = [join(home, '.cache'), join(home, '.config')]
  const own = { HOME: home, XDG_CACHE_HOME, XDG_CONFIG_HOME, ACT_DISABLE_VERSION_CHECK: '1' }
  const options = { cwd, env: { ...process.env, ...own }, timeout: 120_000, maxBuffer: 1e9 }
  /** @type {{ error: Error | null, log: string }} */
  const { error, log } = await new Promise((resolve) => {
    execFile(join(ACT, 'act'), all, options, (error, stdout, stderr) =>
      resolve({ error, log: (stdout + stderr).replace(SET_BY_SANDBOX, '') }),
    ).stdin?.end()
  })
  const leaks = /\b(?:mg|ghs|sk_us)_sandbox_[\w-]+|[A-Za-z0-9+/]{100,}/g
  const leaked = log.match(leaks)?.length ?? 0
  if ((error !== null) !== (end === 'fails') || leaked > 0) {
    console.log(log.replace(leaks, '(LEAKED)'))
    throw new Error(`${file} did not end as it should, or has leaks in its log: ${leaked}`)
  }
  console.log(`${file} on ${args[0]}: ${((Date.now() - began) / 1000).toFixed(1)} s`)
  return log
}

/** @returns {[string, string[]]} The event of a step that is shown alone. */
function opened() {
  return ['pull_request', writeEvent('opened')]
}

/**
 * Writes the payload of an event of a pull request.
 *
 * @param {string} action
 * @param {{ from?: string, by?: string, number?: number }} [options]
 * @returns {string[]} The arguments for act.
 */
function writeEvent(action, { from = REPOSITORY, by = 'octocat', number = 7 } = {}) {
  const file = join(scratch, 'event.json')
  const [owner, name] = REPOSITORY.split('/')
  const ids = { name, full_name: REPOSITORY, owner: { login: owner } }
  const sha = '0'.repeat(40)
  const pullRequest = {
    number,
    state: action === 'closed' ? 'closed' : 'open',
    user: { login: by },
    head: { ref: 'feature', sha, repo: { full_name: from } },
    base: { ref: 'main', sha, repo: { full_name: REPOSITORY } },
  }
  const repository = { ...ids, default_branch: 'main' }
  writeFileSync(file, JSON.stringify({ action, number, pull_request: pullRequest, repository }))
  return ['--eventpath', file]
}

/** IDs, oldest first. @param {string} [label] Only keys with this label. */
function activeKeys(label) {
  const keys = sandbox.activeKeys().filter((key) => label === undefined || key.label === label)
  return keys.map(({ id }) => id)
}

/**
 * @param {string} label
 * @param {{ created: number, active: (string | undefined)[], teamIds?: (string | undefined)[] }} expected
 */
function expectKeys(label, { created, active, teamIds = [TEAM] }) {
  const keys = sandbox.keys().filter((key) => key.label === label)
  equal(keys.length, created, `Keys ever created with the label ${label}`)
  deepEqual(activeKeys(label), active, `Active keys with the label ${label}`)
  equal(active.includes(undefined), false, `An active key with the label ${label}`)
  for (const key of keys) deepEqual(key.teamIds, teamIds, `Teams of ${label}`)
}

/** Checks that one key was created with such a label, and revoked. @param {RegExp} label */
function expectRevoked(label) {
  const keys = sandbox.keys().filter((key) => label.test(key.label))
  const states = keys.map(({ revokedAt }) => revokedAt !== null)
  deepEqual(states, [true], `Keys with a label like ${label}, and whether they are revoked`)
}

/** The ID of the key in each secret. @returns {Record<string, string | undefined>} */
function readSecrets() {
  const keys = new Map(sandbox.keys().map(({ key, id }) => [key, id]))
  return Object.fromEntries(
    sandbox.github.secrets().map(({ owner, repo, environment, name, value }) => {
      equal(`${owner}/${repo}`, REPOSITORY, 'Repository of a secret')
      return [`${environment} ${name}`, keys.get(value ?? '')]
    }),
  )
}

/** @param {Record<string, string | undefined>} expected */
function expectSecrets(expected) {
  deepEqual(readSecrets(), expected, 'Secrets, and the keys in them')
}

/** @param {string[]} expected Names. */
function expectEnvironments(expected) {
  const names = sandbox.github.environments().map(({ name }) => name)
  deepEqual(names.sort(), expected, 'Environments')
}

/**
 * @param {string} label
 * @param {number} days How old the key is.
 * @param {Partial<KeySeed>} [others]
 */
function seedKey(label, days, others) {
  const createdAt = new Date(Date.now() - days * DAY_MS).toISOString()
  return sandbox.addKey({ label, createdAt, teamIds: [TEAM], ...others }).id
}

function countWrites() {
  return sandbox.requests.filter(({ method }) => method !== 'GET').length
}

/** Runs a function of .ci/tools.sh. @param {...string} call */
function runTool(...call) {
  const script = 'source .ci/tools.sh && "$0" "$@"'
  return execFileSync('bash', ['-e', '-c', script, ...call], { cwd: ROOT, encoding: 'utf8' })
}

/** @param {string} file */
function readExample(file) {
  return readFileSync(join(ROOT, 'examples', file), 'utf8')
}

function readTeams() {
  return readExample('fan-out.yml').match(/(?<=\bid: )[0-9a-f-]{36}/g) ?? []
}

/** @param {string} file @param {Record<string, string>} values */
function writeEnv(file, values) {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
  writeFileSync(join(scratch, file), lines.join(''), { mode: 0o600 })
}
