import { commonFields, faultShapes } from './faults.js'

/** @import { FaultKind, Rule, Sandbox } from './types.ts' */

const DAY_MS = 86_400_000

/** @type {Record<FaultKind['kind'], string>} What each fault does, for `--help`. */
const FAULT_EFFECTS = {
  delay: 'the usual response, later',
  status: 'another status than the usual one; "after": "work" if the work is done anyway',
  reset: 'the connection is reset; "when": "work" after the work is done',
  hold: 'no response; "when": "work" after the work is done',
  truncate: 'half of the body, then the end',
  garble: 'status 200 with a body that is not JSON',
  omit: 'the usual response without these fields',
  huge: 'the usual response, and so many spaces',
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

/** What `npm run sandbox` prints when it is ready. @param {Sandbox} sandbox */
export function formatWelcome(sandbox) {
  const { url, teamIds } = sandbox
  const exports = listVariables(sandbox).map(([name, value]) => `  export ${name}='${value}'`)
  const old = new Date(Date.now() - 30 * DAY_MS).toISOString()
  const team = JSON.stringify(teamIds[0])
  /** @param {string} topic @param {string} json */
  const post = (topic, json) =>
    `curl -H content-type:application/json -d '${json}' ${url}/_sandbox/${topic}`
  return `
The sandbox listens on ${url}. Stop it with Ctrl-C. All its keys and tokens are fake.

To use it from another shell:

${exports.join('\n')}

SANDBOX_GITHUB_TOKEN may write secrets. SANDBOX_WORKFLOW_TOKEN may not, like GITHUB_TOKEN.

To see what is in it (all keys; the secrets, each with the ID of the key that it contains; the requests
so far):

  curl ${url}/_sandbox/keys
  curl ${url}/_sandbox/secrets
  curl ${url}/_sandbox/requests

To change it (an old key, which prune finds; a fault: the next POST gets 503; no more faults):

  ${post('keys', `{"label":"preview-pr-7","teamIds":[${team}],"createdAt":"${old}"}`)}
  ${post('faults', '{"kind":"status","status":503,"method":"POST"}')}
  curl -X DELETE ${url}/_sandbox/faults

All faults and their fields: npm run sandbox -- --help

`
}

/** The part of `--help` on faults. */
export function formatFaultHelp() {
  const kinds = Object.entries(FAULT_EFFECTS).flatMap(([kind, effect]) => {
    const { needs = {}, takes = {} } = new Map(Object.entries(faultShapes)).get(kind) ?? {}
    return [
      `  ${kind.padEnd(11)}${effect}`,
      ...formatFields('needs ', needs),
      ...formatFields('takes ', takes),
    ]
  })
  return `Faults, to send as JSON to /_sandbox/faults (a line for curl is printed at the start):

${kinds.join('\n')}

Every fault takes these too; without them, it applies to the next request:

${formatFields('', commonFields).join('\n')}
`
}

/** @param {string} head @param {Record<string, Rule>} fields */
function formatFields(head, fields) {
  return Object.entries(fields).map(
    ([name, { expected }]) => `    ${(head + name).padEnd(18)} ${expected}`,
  )
}
