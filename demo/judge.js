import { isRecord } from '../sandbox/shape.js'

/** @import { RunResult } from '../local-runner/types.ts' */
/** @import { Chapter, Checks, KeyRow, PreviewWorld, Stage } from './types.ts' */

/**
 * Lists what is wrong.
 *
 * @param {Checks} checks
 * @returns {string[]}
 */
export function listFailures(checks) {
  return checks.filter(([held]) => !held).map(([, failure]) => failure)
}

/**
 * Checks that runs of an action succeeded and showed no secret.
 *
 * @param {Stage} stage
 * @param {RunResult[]} runs
 * @returns {Checks}
 */
export function checkRun({ service, screen }, runs) {
  const hidden = [
    ...runs.map(({ outputs }) => outputs['key'] ?? ''),
    ...service.credentials,
    ...(service.world?.listHidden() ?? []),
  ].filter((secret) => secret !== '')
  /** @param {string} text */
  const showsSecret = (text) => hidden.some((secret) => text.includes(secret))
  const summaries = runs.map(({ summary }) => summary).join('\n')
  return [
    [runs.every(({ outcome }) => outcome === 'success'), 'A step failed'],
    [!showsSecret(screen.shown), 'The log shows a key, a token or a sealed value'],
    [!showsSecret(JSON.stringify(runs.map(({ state }) => state))), 'A state contains one of these'],
    [!showsSecret(summaries), 'A job summary contains one of these'],
  ]
}

/**
 * Checks the key that a step created.
 *
 * @param {Stage} stage
 * @param {RunResult} main
 * @param {KeyRow[]} keys Those there are after it.
 * @param {boolean} live What the key should be.
 * @returns {Checks}
 */
export function checkKey({ log }, main, keys, live) {
  const key = main.outputs['key'] ?? ''
  const row = keys.find(({ id }) => id === main.outputs['key_id'])
  return [
    [key.startsWith('mg_'), 'The step has no output "key" that begins with mg_'],
    [row !== undefined, 'The Management API does not have the key that the step names'],
    [row?.live === live, `The key should be ${live ? 'active' : 'revoked'}`],
    [log.mask(key) === '***', 'The key was never masked'],
  ]
}

/**
 * Compares the actual story with the expected one.
 *
 * @param {Stage} stage
 * @param {PreviewWorld} world
 * @param {Chapter[]} chapters
 * @returns {string[]}
 */
export function judgeLife(stage, world, chapters) {
  const failures = listFailures(
    checkRun(
      stage,
      chapters.flatMap(({ main, post }) => (post === undefined ? [main] : [main, post])),
    ),
  )
  const [open, push, close, report, prune] = chapters
  if (!(open && push && close && report && prune)) {
    return [...failures, 'The story did not reach its end']
  }
  const { staleKeyId: stale, youngKeyId: young } = world
  const first = open.main.outputs['key_id'] ?? ''
  const second = push.main.outputs['key_id'] ?? ''
  return [
    ...failures,
    ...listFailures([
      ...checkKey(stage, open.main, open.keys, true),
      ...checkKey(stage, push.main, push.keys, true),
      [open.used, 'Open: the next step could not use the key'],
      [
        namesExactly(push, 'replaced_key_ids', first),
        'Push: the step names a different previous key',
      ],
      [namesExactly(close, 'revoked_key_ids', second), 'Close: the step names a different key'],
      [readList(close, 'deleted_secrets').length === 1, 'Close: the step names no deleted secret'],
      [
        readList(report, 'candidates').map(readId).join() === stale,
        'Report: the only candidate should be the stale key',
      ],
      [namesExactly(prune, 'revoked_key_ids', stale), 'Prune: the step names a different key'],
      ...checkWorld('Open', open, [stale, young, first], [first]),
      ...checkWorld('Push', push, [stale, young, second], [second]),
      ...checkWorld('Close', close, [stale, young], []),
      ...checkWorld('Report', report, [stale, young], []),
      ...checkWorld('Prune', prune, [young], []),
    ]),
  ]
}

/**
 * Checks what a chapter left in the two services.
 *
 * @param {string} name
 * @param {Chapter} chapter
 * @param {string[]} live IDs of the active keys.
 * @param {string[]} stored IDs of the keys that secrets contain.
 * @returns {Checks}
 */
function checkWorld(name, { keys, secrets }, live, stored) {
  const active = keys.flatMap((key) => (key.live ? [key.id] : []))
  return [
    [isSame(active, live), `${name}: unexpected active keys`],
    [
      isSame(
        secrets.map(({ keyId }) => keyId ?? ''),
        stored,
      ),
      `${name}: unexpected values in the secrets`,
    ],
  ]
}

/**
 * @param {string[]} some
 * @param {string[]} others
 */
function isSame(some, others) {
  return [...some].sort().join() === [...others].sort().join()
}

/**
 * @param {Chapter} chapter
 * @param {string} output
 * @param {string} id
 */
function namesExactly(chapter, output, id) {
  return id !== '' && readList(chapter, output).join() === id
}

/**
 * @param {Chapter} chapter
 * @param {string} output A JSON array.
 * @returns {unknown[]}
 */
function readList({ main }, output) {
  /** @type {unknown} */
  const list = JSON.parse(main.outputs[output] || '[]')
  return Array.isArray(list) ? list : []
}

/** @param {unknown} candidate */
function readId(candidate) {
  return isRecord(candidate) ? candidate['id'] : undefined
}
