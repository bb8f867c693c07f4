import { recordOf, requestJson } from './request-json.js'

/** @import { DemoService, KeyRow } from './demo-service.js' */

/**
 * Makes a real Management API the demo's service.
 *
 * @param {{ orgKey: string, orgId: string, teamId: string, apiUrl: string }} account
 * @returns {DemoService}
 */
export function openLive({ orgKey, orgId, teamId, apiUrl }) {
  const label = `local-runner-demo-${new Date().toISOString()}`
  return {
    title: apiUrl,
    inputs: { org_key: orgKey, org_id: orgId, team_id: teamId, api_url: apiUrl },
    label,
    credentials: [orgKey],
    context: {},
    // The rest of the organisation's keys is nobody's business here.
    listKeys: async () =>
      (await listAll(keysUrl(apiUrl, orgId), orgKey)).filter((key) => key.label === label),
    world: undefined,
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
