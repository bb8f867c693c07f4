import { commonFields, faultShapes } from './faults.js'

/** @import { FaultKind, Rule, Sandbox } from './types.ts' */

const DAY_MS = 86_400_000
const JSON_HEADER = '-H content-type:application/json'

/** @type {Record<FaultKind['kind'], string>} What each fault does, for `--help`. */
const FAULT_EFFECTS = {
  delay: 'the usual response, later',
  status: 'another status than the usual one; "after": "work" if the work is done anyway',
  reset: 'the connection is reset; "when": "work" after the work is done',
  hold: 'no response; "when": "work" after the work is done',
  late: 'no response, and the work is done delayMs later',
  truncate: 'half of the body, then the end',
  garble: 'status 200 with a body that is not JSON',
  omit: 'the usual response without these fields',
  huge: 'the usual response, padded to this many bytes',
  'slow-body': 'one byte of the body per delayMs',
  redirect: 'a redirect, 307 unless status says another',
  'no-date': 'the usual response without its Date header',
}

/**
 * What a newcomer has to set to use a sandbox, in the order in which it is shown.
 *
 * @param {Sandbox} sandbox
 * @returns {[name: string, value: string][]}
 */
export function listVariables(sandbox) {
  return [
    ['JUNCTION_API_URL', sandbox.managementUrl],
    ['JUNCTION_ORG_KEY', sandbox.orgKey],
    ['JUNCTION_ORG_ID', sandbox.orgId],
    ['JUNCTION_TEAM_ID', sandbox.teamIds[0] ?? ''],
    ['SANDBOX_TEAM_IDS', sandbox.teamIds.join(',')],
    ['SANDBOX_GITHUB_URL', sandbox.githubUrl],
    ['SANDBOX_GHES_URL', sandbox.ghesUrl],
    ['SANDBOX_GITHUB_TOKEN', sandbox.githubToken],
    ['SANDBOX_WORKFLOW_TOKEN', sandbox.workflowToken],
    ['SANDBOX_REPOSITORY', sandbox.repository],
    ['SANDBOX_URL', sandbox.url],
  ]
}

/**
 * What `npm run sandbox` prints when it is ready.
 *
 * @param {Sandbox} sandbox
 */
export function formatWelcome(sandbox) {
  return [
    '',
    `The sandbox listens on ${sandbox.url}. Stop it with Ctrl-C. All its keys and tokens are fake.`,
    '',
    'To use it from another shell:',
    '',
    ...listVariables(sandbox).map(([name, value]) => `  export ${name}=${quoteForShell(value)}`),
    '',
    'SANDBOX_GITHUB_TOKEN may write secrets. SANDBOX_WORKFLOW_TOKEN may not, like GITHUB_TOKEN.',
    '',
    'To see and to change what is in it:',
    ...listControls(sandbox).flatMap(([what, command]) => ['', `${what}:`, `  ${command}`]),
    '',
    'All faults and their fields: npm run sandbox -- --help',
    '',
    '',
  ].join('\n')
}

/** The part of `--help` on faults. */
export function formatFaultHelp() {
  const kinds = Object.entries(faultShapes).flatMap(([kind, { needs = {}, takes = {} }]) => [
    `  ${kind.padEnd(11)}${new Map(Object.entries(FAULT_EFFECTS)).get(kind)}`,
    ...formatFields('needs', needs),
    ...formatFields('takes', takes),
  ])
  return [
    'Faults, to send as JSON to /_sandbox/faults (a line for curl is printed at the start):',
    '',
    ...kinds,
    '',
    'Every fault takes these too; without them, it applies to the next request:',
    '',
    ...formatFields('', commonFields),
    '',
  ].join('\n')
}

/**
 * A command for each endpoint of the control plane.
 *
 * @param {Sandbox} sandbox
 * @returns {[what: string, command: string][]}
 */
function listControls({ url, repository, teamIds }) {
  const key = {
    label: 'preview-pr-7',
    teamIds: teamIds.slice(0, 1),
    createdAt: new Date(Date.now() - 30 * DAY_MS).toISOString(),
  }
  const places = {
    environments: [{ repository, name: 'production' }],
    pullRequests: [{ repository, number: 7, state: 'closed' }],
  }
  const fault = { kind: 'status', status: 503, method: 'POST' }
  /** @param {string} topic */
  const at = (topic) => `${url}/_sandbox/${topic}`
  /**
   * @param {string} topic
   * @param {unknown} body
   */
  const post = (topic, body) =>
    `curl ${JSON_HEADER} -d ${quoteForShell(JSON.stringify(body))} ${at(topic)}`
  return [
    ['The keys, active and revoked', `curl ${at('keys')}`],
    ['Add a key, here one that prune finds', post('keys', key)],
    ['The secrets, each with the ID of the key that it contains', `curl ${at('secrets')}`],
    ['The rest of GitHub', `curl ${at('github')}`],
    ['Add an environment and a closed pull request', post('github', places)],
    ['The requests so far', `curl ${at('requests')}`],
    ['A fault: the next POST gets 503 (prints nothing)', post('faults', fault)],
    ['No more faults (prints nothing)', `curl -X DELETE ${at('faults')}`],
  ]
}

/**
 * @param {string} head
 * @param {Record<string, Rule>} fields
 */
function formatFields(head, fields) {
  return Object.entries(fields).map(
    ([name, { expected }]) => `    ${`${head} ${name}`.trim().padEnd(18)} ${expected}`,
  )
}

/** @param {string} value */
function quoteForShell(value) {
  return /^[\w.,/:-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
