/** @import { Screen } from './screen.js' */
/** @import { Chapter, KeyRow, RequestRow, SecretRow } from './types.ts' */

/**
 * Adds the revoked keys to the active ones: a real service no longer lists what it revoked.
 *
 * @param {KeyRow[]} before
 * @param {KeyRow[]} after
 * @returns {KeyRow[]}
 */
export function mergeKeyRows(before, after) {
  const ids = new Set(after.map((row) => row.id))
  const gone = before.filter((row) => !ids.has(row.id)).map((row) => ({ ...row, live: false }))
  return [...gone, ...after]
}

/**
 * Shows a job summary.
 *
 * @param {Screen} screen
 * @param {string} summary
 */
export function writeSummary(screen, summary) {
  if (summary === '') return
  screen.write(`\n── Job summary\n${summary.trimEnd()}`)
}

/**
 * Shows the keys, and in which chapter each was revoked.
 *
 * @param {Screen} screen
 * @param {KeyRow[]} keys
 * @param {Chapter[]} [chapters]
 */
export function writeKeys(screen, keys, chapters = []) {
  /** @param {KeyRow} key */
  const describe = ({ id, live }) => {
    if (live) return 'active'
    const end = chapters.find((chapter) => chapter.keys.some((key) => key.id === id && !key.live))
    return end === undefined ? 'revoked' : `revoked (${end.name})`
  }
  screen.write('\n── Keys in the Management API')
  screen.writeTable([
    ['id', 'label', 'teams', 'state'],
    ...keys.map((key) => [key.id, key.label, key.teamIds.join(' '), describe(key)]),
  ])
}

/**
 * Shows the secrets there were after each chapter.
 *
 * @param {Screen} screen
 * @param {Chapter[]} chapters
 */
export function writeSecrets(screen, chapters) {
  screen.write('\n── Secrets in GitHub')
  screen.writeTable([
    ['after', 'scope', 'name', 'decrypted value'],
    ...chapters.flatMap(({ name, secrets }) =>
      secrets.length === 0
        ? [[name, 'none']]
        : secrets.map((secret) => [name, secret.scope, secret.name, describeValue(secret)]),
    ),
  ])
}

/**
 * Shows the requests, one line for each kind.
 *
 * @param {Screen} screen
 * @param {RequestRow[]} requests
 */
export function writeRequests(screen, requests) {
  /** @type {Map<string, { cells: string[], statuses: string[] }>} */
  const kinds = new Map()
  for (const { service, method, path, status } of requests) {
    const cells = [service, method, path.replace(/(\/management_key\/)[^/]+$/, '$1{key_id}')]
    const kind = kinds.get(cells.join(' ')) ?? { cells, statuses: [] }
    kind.statuses.push(String(status ?? '-'))
    kinds.set(cells.join(' '), kind)
  }
  screen.write('\n── Requests the two services received')
  screen.writeTable(
    [...kinds.values()].map(({ cells, statuses }) => [...cells, statuses.join(' ')]),
  )
}

/** @param {SecretRow} row */
function describeValue({ keyId }) {
  return keyId === undefined ? 'matches no key' : `matches key ${keyId}`
}
