import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readActionMetadata } from '../local-runner/action-metadata.js'
import { createJobContext } from '../local-runner/job-context.js'
import { createStepEnvironment, resolveInputs } from '../local-runner/run-action.js'
import { NEW_KEY } from './new-key.js'

/**
 * A step to measure, and how to tell that it did its work.
 *
 * @typedef {object} Case
 * @property {string} name As Markdown.
 * @property {string[]} command
 * @property {Record<string, string | undefined>} env All but the files that each run gets afresh.
 * @property {string[]} needs Commands that the machine must have.
 * @property {Record<string, number>} requests What it sends, by method.
 * @property {boolean} handsOn It masks the new key and puts it into its outputs.
 * @property {string} [wantedTime]
 * @property {string} [wantedMemory]
 */

/** @typedef {{ node: string, apiUrl: string }} Setup */

const ACTION_DIR = fileURLToPath(new URL('..', import.meta.url))
const ORG_ID = '0b5c7e1a-3d2f-4c6b-9a8e-7f6d5c4b3a21'
const TEAM_ID = NEW_KEY.team_role_bindings[0]?.team_id ?? ''
const ORG_KEY = 'mg_bench_this-is-no-org-key-either'

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
 * The action's main step, creating a key.
 *
 * @param {Setup} setup
 * @returns {Case}
 */
export function mainStep(setup) {
  return {
    ...actionStep(setup, 'main', {}, 'never'),
    name: 'main step: creates a key',
    requests: { POST: 1 },
    handsOn: true,
    wantedTime: '≤ 2.0, less than curl and jq',
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
    ...actionStep(setup, 'post', state, revoke),
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
 * @param {Setup} setup
 * @param {'main' | 'post'} stage
 * @param {Record<string, string>} state
 * @param {string} revoke
 * @returns {Case}
 */
function actionStep({ node, apiUrl }, stage, state, revoke) {
  const metadata = readActionMetadata(ACTION_DIR)
  const inputs = resolveInputs(metadata, {
    org_key: ORG_KEY,
    org_id: ORG_ID,
    team_id: TEAM_ID,
    label: NEW_KEY.label,
    revoke,
    api_url: apiUrl,
  })
  return {
    name: stage,
    command: [node, join(ACTION_DIR, metadata[stage] ?? '')],
    env: createStepEnvironment({ state }, createJobContext(), inputs),
    needs: [],
    requests: {},
    handsOn: false,
    wantedMemory: '≤ 1.5',
  }
}

/** @param {Setup} setup */
function createScriptEnvironment({ apiUrl }) {
  const env = {
    KEYS_URL: `${apiUrl}/v1/org/${ORG_ID}/management_key`,
    ORG_KEY,
    TEAM_ID,
    LABEL: NEW_KEY.label,
  }
  return createStepEnvironment({ env }, createJobContext(), {})
}
