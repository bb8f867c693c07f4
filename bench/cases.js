import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readActionMetadata } from '../local-runner/action-metadata.js'
import { createJobContext } from '../local-runner/job-context.js'
import { createStepEnvironment, resolveInputs } from '../local-runner/run-action.js'
import { NEW_KEY } from './keys.js'

/** @import { Addresses } from './start-server.js' */

/**
 * A step to measure, and how to tell that it did its work.
 *
 * @typedef {object} Case
 * @property {string} name As Markdown.
 * @property {string[]} command
 * @property {Record<string, string | undefined>} env All but the files that each run gets afresh.
 * @property {string[]} needs Commands that the machine must have.
 * @property {Record<string, number>} requests What it sends, by method.
 * @property {{ junction: number, github: number }} [mostConnections]
 * @property {boolean} handsOn It masks the new key and puts it into its outputs.
 * @property {number | undefined} [mostRounds] Measured no more often than this, for it takes long.
 * @property {string | undefined} [wantedTime]
 * @property {string} [wantedMemory]
 */

/**
 * @typedef {object} Setup
 * @property {string} node
 * @property {'near' | 'far'} distance
 * @property {Addresses} addresses
 * @property {string} certificateFile
 */

const ACTION_DIR = fileURLToPath(new URL('..', import.meta.url))
const ORG_ID = '0b5c7e1a-3d2f-4c6b-9a8e-7f6d5c4b3a21'
const TEAM_ID = NEW_KEY.team_role_bindings[0]?.team_id ?? ''
const ORG_KEY = 'mg_bench_this-is-no-org-key-either'
const GITHUB_TOKEN = 'bench-this-is-not-a-token'

/**
 * The unit of everything: a Node.js that starts and ends.
 *
 * @param {Setup} setup
 * @returns {Case}
 */
export function baseline({ node }) {
  return {
    name: '`node -e 0`',
    command: [node, '-e', '0'],
    env: createStepEnvironment({}, createJobContext(), {}),
    needs: [],
    requests: {},
    handsOn: false,
  }
}

/**
 * What Node.js takes to load a module, which is a part of every step.
 *
 * @param {Setup} setup
 * @param {string} name
 * @param {string} [path]
 * @returns {Case}
 */
export function loadModule(setup, name, path = name) {
  return {
    ...baseline(setup),
    name: `only loading \`${name}\``,
    command: [setup.node, '-e', `require(${JSON.stringify(path)})`],
  }
}

/**
 * The action's main step, creating a key.
 *
 * @param {Setup} setup
 * @returns {Case}
 */
export function mainStep(setup) {
  return {
    ...actionStep(setup, 'main'),
    name: 'main step: creates a key',
    requests: { POST: 1 },
    handsOn: true,
    wantedTime: setup.distance === 'near' ? '≤ 1.8, less than curl and jq' : undefined,
  }
}

/**
 * The main step, writing the key to a secret of each of so many environments.
 *
 * @param {Setup} setup
 * @param {number} targets
 * @param {string} [wantedTime]
 * @returns {Case}
 */
export function secretsStep(setup, targets, wantedTime) {
  const lines = Array.from({ length: targets }, (_, index) => `env=preview-${index}`)
  return {
    ...actionStep(setup, 'main', {
      secret_name: 'JUNCTION_KEY',
      secret_targets: lines.join('\n'),
      github_token: GITHUB_TOKEN,
      github_api_url: `${setup.addresses[setup.distance]}/api/v3`,
    }),
    name: `main step: writes the key to ${targets} ${targets === 1 ? 'secret' : 'secrets'}`,
    requests: { GET: 2 * targets, POST: 1, PUT: targets },
    mostConnections: { junction: 2, github: 6 },
    handsOn: true,
    mostRounds: targets > 20 ? 3 : undefined,
    wantedTime,
    wantedMemory: '≤ 1.6',
  }
}

/**
 * The step of a companion, revoking a hundred keys.
 *
 * @param {Setup} setup
 * @param {'revoke' | 'prune'} action
 * @returns {Case}
 */
export function companionStep(setup, action) {
  const inputs =
    action === 'revoke'
      ? { label: NEW_KEY.label }
      : { label_pattern: '*', older_than: '1d', max_revocations: '100', dry_run: 'false' }
  return {
    ...actionStep(setup, 'main', inputs, {}, action),
    name: `${action}: revokes 100 keys`,
    requests: { GET: 1, DELETE: 100 },
    mostConnections: { junction: 2, github: 0 },
    mostRounds: 5,
  }
}

/**
 * The action's post step after a key was delivered.
 *
 * @param {Setup} setup
 * @param {Record<string, string>} state What main left for it.
 * @param {'never' | 'always'} revoke
 * @returns {Case}
 */
export function postStep(setup, state, revoke) {
  const revokes = revoke === 'always'
  return {
    ...actionStep(setup, 'post', { revoke }, state),
    name: revokes ? 'post step: revokes the key' : 'post step: nothing to do',
    requests: revokes ? { DELETE: 1 } : {},
    wantedTime: '≤ 1.8, less than curl and jq',
  }
}

/**
 * The same create as a workflow's author would write it in shell.
 *
 * @param {Setup} setup
 * @returns {Case}
 */
export function bashStep(setup) {
  const script = fileURLToPath(new URL('create-key.sh', import.meta.url))
  return {
    name: 'bash step with curl and jq: the same create',
    // As a runner starts `shell: bash`.
    command: ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', script],
    env: createScriptEnvironment(setup),
    needs: ['bash', 'curl', 'jq'],
    requests: { POST: 1 },
    handsOn: true,
  }
}

/**
 * The least that Node.js can do it with: no checks, no errors, no clean-up.
 *
 * @param {Setup} setup
 * @returns {Case}
 */
export function eightLines(setup) {
  const script = fileURLToPath(new URL('eight-lines.cjs', import.meta.url))
  return {
    name: '8-line Node.js script: the same create',
    command: [setup.node, script],
    env: createScriptEnvironment(setup),
    needs: [],
    requests: { POST: 1 },
    handsOn: true,
  }
}

/**
 * A Python script that writes a value to a secret of each of so many environments, one after the other on one
 * connection, sealed by PyNaCl.
 *
 * @param {Setup} setup
 * @param {number} targets
 * @returns {Case}
 */
export function pythonStep(setup, targets) {
  const script = fileURLToPath(new URL('write-secrets.py', import.meta.url))
  const env = {
    GITHUB_URL: `${setup.addresses[setup.distance]}/api/v3`,
    GITHUB_TOKEN,
    TARGETS: String(targets),
    // Where PyNaCl is, if it is not installed for all.
    PYTHONPATH: process.env['PYTHONPATH'],
    SSL_CERT_FILE: setup.certificateFile,
  }
  return {
    name: `Python script with PyNaCl: writes to ${targets} ${targets === 1 ? 'secret' : 'secrets'}`,
    command: ['python3', script],
    env: createStepEnvironment({ env }, createJobContext(), {}),
    needs: ['python3', 'PyNaCl'],
    requests: { GET: targets, PUT: targets },
    handsOn: false,
  }
}

/**
 * `gh secret set`, once for a secret of each of so many environments.
 *
 * @param {Setup} setup
 * @param {number} targets
 * @returns {Case}
 */
export function ghStep({ addresses, certificateFile }, targets) {
  const { host } = new URL(addresses.far)
  const script = `for index in {0..${targets - 1}}; do
    gh secret set JUNCTION_KEY --repo octo-org/example --env "preview-$index" <<<bench-this-is-not-a-key
  done`
  const env = {
    GH_HOST: host,
    GH_ENTERPRISE_TOKEN: GITHUB_TOKEN,
    GH_NO_UPDATE_NOTIFIER: '1',
    SSL_CERT_FILE: certificateFile,
  }
  return {
    name: `\`gh secret set\`, ${targets === 1 ? 'once' : `${targets} times`}`,
    command: ['bash', '-e', '-c', script],
    env: createStepEnvironment({ env }, createJobContext(), {}),
    needs: ['bash', 'gh'],
    requests: { GET: targets, PUT: targets },
    mostRounds: targets > 1 ? 5 : undefined,
    handsOn: false,
  }
}

/**
 * @param {Setup} setup
 * @param {'main' | 'post'} stage
 * @param {Record<string, string>} [given] Inputs.
 * @param {Record<string, string>} [state]
 * @param {'create' | 'revoke' | 'prune'} [action]
 * @returns {Case}
 */
function actionStep(setup, stage, given = {}, state = {}, action = 'create') {
  const folder = action === 'create' ? ACTION_DIR : join(ACTION_DIR, action)
  const metadata = readActionMetadata(folder)
  const inputs = resolveInputs(metadata, {
    org_key: ORG_KEY,
    org_id: ORG_ID,
    ...(action === 'create' ? { team_id: TEAM_ID, label: NEW_KEY.label } : {}),
    api_url: setup.addresses[setup.distance],
    ...given,
  })
  const env = { NODE_EXTRA_CA_CERTS: trust(setup) }
  return {
    name: stage,
    command: [setup.node, join(folder, metadata[stage] ?? '')],
    env: createStepEnvironment({ state, env }, createJobContext(), inputs),
    needs: [],
    requests: {},
    handsOn: false,
    wantedMemory: '≤ 1.6',
  }
}

/**
 * The file with the server's certificate, where it is needed: reading it takes Node.js a while.
 *
 * @param {Setup} setup
 */
function trust({ distance, certificateFile }) {
  return distance === 'far' ? certificateFile : ''
}

/** @param {Setup} setup */
function createScriptEnvironment({ addresses, distance, certificateFile }) {
  const env = {
    KEYS_URL: `${addresses[distance]}/v1/org/${ORG_ID}/management_key`,
    CURL_CA_BUNDLE: certificateFile,
    ORG_KEY,
    TEAM_ID,
    LABEL: NEW_KEY.label,
  }
  return createStepEnvironment({ env }, createJobContext(), {})
}
