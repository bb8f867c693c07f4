import { startSandbox } from '../sandbox/server.js'
import { requestJson } from './request-json.js'

/**
 * A key as the demo's table shows it; there is no room for its value.
 *
 * @typedef {object} KeyRow
 * @property {string} id
 * @property {string} label
 * @property {string[]} teamIds
 * @property {boolean} live
 */

/**
 * What the demo runs against: the embedded sandbox, or a real Management API.
 *
 * @typedef {object} DemoService
 * @property {boolean} embedded
 * @property {string} title
 * @property {Record<string, string>} inputs The `with:` of the demo's step.
 * @property {() => Promise<KeyRow[]>} listKeys
 * @property {() => { method: string, path: string, status: number | null }[]} requests Only the sandbox knows them.
 * @property {() => Promise<void>} stop
 */

const LIVE_VARIABLES = /** @type {const} */ ([
  'JUNCTION_ORG_KEY',
  'JUNCTION_ORG_ID',
  'JUNCTION_TEAM_ID',
  'JUNCTION_API_URL',
])

/**
 * Opens the real API when all four JUNCTION_ variables are set, the sandbox when none is.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<DemoService>}
 */
export async function openDemoService(env) {
  const missing = LIVE_VARIABLES.filter((name) => !env[name])
  if (missing.length === LIVE_VARIABLES.length) return openSandbox()
  if (missing.length > 0) {
    throw new Error(
      `To run against a real API set ${missing.join(', ')} too; to run against the sandbox unset all of ${LIVE_VARIABLES.join(', ')}`,
    )
  }
  return openLive({
    orgKey: env['JUNCTION_ORG_KEY'] ?? '',
    orgId: env['JUNCTION_ORG_ID'] ?? '',
    teamId: env['JUNCTION_TEAM_ID'] ?? '',
    apiUrl: env['JUNCTION_API_URL'] ?? '',
  })
}

/** @returns {Promise<DemoService>} */
async function openSandbox() {
  const sandbox = await startSandbox({ port: 0 })
  return {
    embedded: true,
    title: `the embedded sandbox at ${sandbox.managementUrl}`,
    inputs: {
      org_key: sandbox.orgKey,
      org_id: sandbox.orgId,
      team_id: sandbox.teamIds[0] ?? '',
      label: 'preview-42',
      revoke: 'never',
      api_url: sandbox.managementUrl,
    },
    listKeys: async () =>
      sandbox.keys().map(({ id, label, teamIds, revokedAt }) => ({
        id,
        label,
        teamIds,
        live: revokedAt === null,
      })),
    requests: () => sandbox.requests,
    stop: () => sandbox.stop(),
  }
}

/**
 * @param {{ orgKey: string, orgId: string, teamId: string, apiUrl: string }} account
 * @returns {DemoService}
 */
function openLive({ orgKey, orgId, teamId, apiUrl }) {
  const label = `local-runner-demo-${new Date().toISOString()}`
  return {
    embedded: false,
    title: apiUrl,
    inputs: {
      org_key: orgKey,
      org_id: orgId,
      team_id: teamId,
      label,
      revoke: 'always',
      api_url: apiUrl,
    },
    // The rest of the organisation's keys is nobody's business here.
    listKeys: async () =>
      (await listAll(keysUrl(apiUrl, orgId), orgKey)).filter((key) => key.label === label),
    requests: () => [],
    stop: async () => undefined,
  }
}

/**
 * Address of an organisation's Management Keys.
 *
 * @param {string} apiUrl May end in a slash.
 * @param {string} orgId
 * @returns {string}
 */
export function keysUrl(apiUrl, orgId) {
  return `${apiUrl.replace(/\/+$/, '')}/v1/org/${encodeURIComponent(orgId)}/management_key`
}

/**
 * @param {string} url
 * @param {string} orgKey
 */
async function listAll(url, orgKey) {
  /** @type {KeyRow[]} */
  const keys = []
  /** @type {Set<string>} */
  const cursors = new Set()
  for (let page = url; ; ) {
    const { status, body } = await requestJson(page, orgKey)
    const { data, next_cursor: cursor } = recordOf(body)
    if (status !== 200 || !Array.isArray(data)) {
      throw new Error(`The list of keys was answered with ${status}`)
    }
    keys.push(...data.map(toKeyRow))
    if (typeof cursor !== 'string') return keys
    if (cursors.has(cursor)) throw new Error('The list of keys goes round in circles')
    cursors.add(cursor)
    page = `${url}?next_cursor=${encodeURIComponent(cursor)}`
  }
}

/**
 * @param {unknown} value
 * @returns {KeyRow}
 */
function toKeyRow(value) {
  const { id, label, team_role_bindings: bindings } = recordOf(value)
  const teams = Array.isArray(bindings) ? bindings : []
  return {
    id: String(id),
    label: String(label),
    teamIds: teams.map((binding) => String(recordOf(binding)['team_id'])),
    live: true,
  }
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function recordOf(value) {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}
