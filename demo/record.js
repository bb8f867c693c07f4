import { readSummary } from './summary-text.js'

/** @import { Screen } from './screen.js' */
/** @import { RunResult } from '../local-runner/types.ts' */
/** @import { Chapter, KeyRow, RequestRow } from './types.ts' */

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
 * Shows the job summary that the steps of a job wrote.
 *
 * @param {Screen} screen
 * @param {...(RunResult | undefined)} runs
 */
export function writeSummary(screen, ...runs) {
  const summary = runs.map((run) => run?.summary ?? '').join('')
  if (summary === '') return
  screen.write('\n── Job summary')
  for (const block of readSummary(summary)) {
    if ('table' in block) screen.writeTable(block.table)
    else screen.write(block.lines.join('\n'))
  }
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
    ['id', 'label', 'state'],
    ...keys.map((key) => [key.id, key.label, describe(key)]),
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
    ['after', 'scope', 'name', 'key that it decrypts to'],
    ...chapters.flatMap(({ name, secrets }) =>
      secrets.length === 0
        ? [[name, 'none']]
        : secrets.map((secret) => [name, secret.scope, secret.name, secret.keyId ?? 'none']),
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
    const cells = [service, method, shortenPath(path)]
    const kind = kinds.get(cells.join(' ')) ?? { cells, statuses: [] }
    kind.statuses.push(String(status ?? '-'))
    kinds.set(cells.join(' '), kind)
  }
  screen.write('\n── Requests the two services received')
  screen.writeTable([
    ['service', 'method', 'path', 'statuses'],
    ...[...kinds.values()].map(({ cells, statuses }) => [...cells, statuses.join(' ')]),
  ])
}

/** @param {string} path */
function shortenPath(path) {
  return path
    .replace(/(\/org\/)[^/]+/, '$1{org_id}')
    .replace(/(\/management_key\/)[^/]+$/, '$1{key_id}')
}
