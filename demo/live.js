import { isRecord } from '../sandbox/shape.js'

/** @import { DemoService, KeyRow } from './types.ts' */

/**
 * Sets up a real Management API as the demo's service.
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
    // Do not show the organization's other keys.
    listKeys: async () =>
      (await listAll(keysUrl(apiUrl, orgId), orgKey)).filter((key) => key.label === label),
    world: undefined,
    stop: async () => undefined,
  }
}

/**
 * URL of an organization's Management Keys.
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
    const { data, next_cursor: cursor } = await getObject(page, orgKey)
    if (!Array.isArray(data)) throw new Error('The list of keys is unreadable')
    keys.push(...data.map(toKeyRow))
    if (typeof cursor !== 'string') return keys
    if (cursors.has(cursor))
      throw new Error('Pagination loop: the list of keys returned the same cursor twice')
    cursors.add(cursor)
    page = `${url}?next_cursor=${encodeURIComponent(cursor)}`
  }
}

/**
 * @param {string} url
 * @param {string} orgKey
 * @returns {Promise<Record<string, unknown>>}
 */
async function getObject(url, orgKey) {
  const response = await fetch(url, {
    headers: { accept: 'application/json', 'x-management-key': orgKey },
    // The key would be sent along.
    redirect: 'manual',
    signal: AbortSignal.timeout(30_000),
  })
  if (response.status !== 200) throw new Error(`GET ${url} returned ${response.status}`)
  /** @type {unknown} */
  const body = await response.json()
  return isRecord(body) ? body : {}
}

/**
 * @param {unknown} key
 * @returns {KeyRow}
 */
function toKeyRow(key) {
  const { id, label } = isRecord(key) ? key : {}
  return {
    id: String(id),
    label: String(label),
    live: true,
  }
}
