import { join } from 'node:path'
import { createJobContext } from '../local-runner/job-context.js'
import {
  createStepEnvironment,
  readActionMetadata,
  resolveInputs,
} from '../local-runner/run-action.js'
import { NEW_KEY } from './server.js'

/** @import { Action, Case, Setup } from './types.ts' */

const ORG_ID = '0b5c7e1a-3d2f-4c6b-9a8e-7f6d5c4b3a21'
const TEAM_ID = NEW_KEY.team_role_bindings[0]?.team_id ?? ''
const ORG_KEY = 'mg_bench_this-is-no-org-key-either'
const GITHUB_TOKEN = 'bench-this-is-not-a-token'
const CREATES = { requests: { POST: 1 }, delivers: true }
/** For what takes many seconds. */
const FEW_ROUNDS = 5

/**
 * Lists the steps to measure, the unit of everything first: a Node.js that starts and ends.
 *
 * @param {Setup} setup
 * @param {Action[]} actions
 * @param {(main: Case) => Promise<Record<string, string>>} runMain Returns what it saved for its post step.
 * @returns {Promise<Case[]>}
 */
export async function listCases(setup, actions, runMain) {
  const cases = [script('`node -e 0`', 'near', [setup.node, '-e', '0']), ...listScripts(setup)]
  for (const action of actions) {
    cases.push(...(await listSteps(setup, action, runMain)))
  }
  return cases
}

/**
 * @param {Setup} setup
 * @param {Action} action
 * @param {(main: Case) => Promise<Record<string, string>>} runMain
 * @returns {Promise<Case[]>}
 */
async function listSteps(setup, action, runMain) {
  const [step, farStep] = [createStep(setup, action, 'near'), createStep(setup, action, 'far')]
  const main = step('create', CREATES)
  const inputs = { revoke: 'always' }
  const state = await runMain(step('create', { inputs }))
  const label = `preview ${createJobContext().github['run_id']}`
  const stale = { label_pattern: '*', older_than: '1d', max_revocations: '100', dry_run: 'false' }
  const revokes = { requests: { DELETE: 100 }, mostRounds: FEW_ROUNDS }
  return [
    main,
    step('post, nothing to do', { stage: 'post', state: await runMain(main) }),
    step('post, revokes the key', { stage: 'post', inputs, state, requests: { DELETE: 1 } }),
    ...[1, 10].map((count) => step(...withSecrets(count, setup.near))),
    farStep('create', CREATES),
    farStep('create, label with the ID of the run', { inputs: { label }, ...CREATES }),
    ...[1, 10, 40].map((count) => farStep(...withSecrets(count, setup.far))),
    farStep('revoke, 100 keys', { folder: 'revoke', inputs: { label: NEW_KEY.label }, ...revokes }),
    farStep('prune, 100 keys', { folder: 'prune', inputs: stale, ...revokes }),
  ]
}

/** @param {number} count @param {string} url @returns {[string, StepOptions]} */
function withSecrets(count, url) {
  const inputs = {
    secret_name: 'JUNCTION_KEY',
    secret_targets: Array.from({ length: count }, (_, index) => `env=preview-${index}`).join('\n'),
    github_token: GITHUB_TOKEN,
    github_api_url: `${url}/api/v3`,
  }
  const requests = { POST: 1, PUT: count }
  const mostRounds = count > 20 ? FEW_ROUNDS : undefined
  return [`create, ${countSecrets(count)}`, { inputs, requests, delivers: true, mostRounds }]
}

/** @typedef {Partial<Case> & { folder?: string, stage?: 'main' | 'post', inputs?: Record<string, string>, state?: Record<string, string> | undefined }} StepOptions */

/**
 * @param {Setup} setup
 * @param {Action} action
 * @param {Case['distance']} distance
 * @returns {(name: string, options: StepOptions) => Case}
 */
function createStep(setup, { root, isOther }, distance) {
  return (name, { folder = '', stage = 'main', inputs = {}, state = {}, ...rest }) => {
    const actionDir = join(root, folder)
    const metadata = readActionMetadata(actionDir)
    const create = folder === '' ? { team_id: TEAM_ID, label: NEW_KEY.label } : {}
    const given = { org_key: ORG_KEY, org_id: ORG_ID, api_url: setup[distance], ...create }
    const resolved = resolveInputs(metadata, { ...given, ...inputs })
    // Reading the certificate takes Node.js a while.
    const env = { NODE_EXTRA_CA_CERTS: distance === 'far' ? setup.certificateFile : '' }
    return {
      ...script(name, distance, [setup.node, join(actionDir, metadata[stage] ?? '')]),
      env: createStepEnvironment({ state, env }, createJobContext(), resolved),
      isOther,
      ...rest,
    }
  }
}

/**
 * What a workflow's author might write: the same create in shell, and in the least Node.js that does it, with no
 * checks, no errors and no clean-up; secrets with a Python script on one connection, and with `gh`.
 *
 * @param {Setup} setup
 * @returns {Case[]}
 */
function listScripts({ node, near, far, certificateFile }) {
  const file = (/** @type {string} */ name) => join(import.meta.dirname, name)
  // As a runner starts `shell: bash`.
  const bash = ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail']
  const create = (/** @type {string} */ url) => ({
    KEYS_URL: `${url}/v1/org/${ORG_ID}/management_key`,
    CURL_CA_BUNDLE: certificateFile,
    ORG_KEY,
    TEAM_ID,
    LABEL: NEW_KEY.label,
  })
  const curl = [...bash, file('create-key.sh')]
  const eightLines = [node, file('eight-lines.cjs')]
  return [
    { ...script('curl and jq', 'near', curl, create(near)), ...CREATES, isOptional: true },
    { ...script('8-line Node.js script', 'near', eightLines, create(near)), ...CREATES },
    { ...script('curl and jq', 'far', curl, create(far)), ...CREATES, isOptional: true },
    ...[1, 10].flatMap((count) => {
      const shared = { requests: { PUT: count }, mostRounds: FEW_ROUNDS, isOptional: true }
      const env = {
        SSL_CERT_FILE: certificateFile,
        // For gh.
        GH_HOST: new URL(far).host,
        GH_ENTERPRISE_TOKEN: GITHUB_TOKEN,
        GH_NO_UPDATE_NOTIFIER: '1',
        // For Python; the last says where PyNaCl is, if it is not installed for all.
        GITHUB_URL: `${far}/api/v3`,
        GITHUB_TOKEN,
        TARGETS: String(count),
        PYTHONPATH: process.env['PYTHONPATH'],
      }
      const set = `for index in {1..${count}}; do
        gh secret set JUNCTION_KEY --repo octo-org/example --env "preview-$index" <<<bench-not-a-key
      done`
      const [seal, what] = [['python3', file('write-secrets.py')], countSecrets(count)]
      return [
        { ...script(`Python, PyNaCl, ${what}`, 'far', seal, env), ...shared },
        { ...script(`\`gh\`, ${what}`, 'far', [...bash, '-c', set], env), ...shared },
      ]
    }),
  ]
}

/**
 * @param {string} name
 * @param {Case['distance']} distance
 * @param {string[]} command
 * @param {Record<string, string | undefined>} [env]
 * @returns {Case}
 */
function script(name, distance, command, env = {}) {
  const all = createStepEnvironment({ env }, createJobContext(), {})
  return { name, distance, command, env: all, requests: {} }
}

/** @param {number} count */
function countSecrets(count) {
  return `${count} ${count === 1 ? 'secret' : 'secrets'}`
}
