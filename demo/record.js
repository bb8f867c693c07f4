import { readSummary } from './summary-text.js'

/** @import { RunResult } from '../local-runner/types.ts' */
/** @import { Sandbox } from '../sandbox/types.ts' */
/** @import { Screen } from './screen.js' */
/** @import { Chapter } from './types.ts' */

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
 * @param {ReturnType<Sandbox['keys']>} keys
 * @param {Chapter[]} chapters
 */
export function writeKeys(screen, keys, chapters) {
  /** @param {string} id */
  const findEnd = (id) =>
    chapters.find((chapter) => chapter.keys.some((key) => key.id === id && key.revokedAt !== null))
  screen.write('\n── Keys in the Management API')
  screen.writeTable([
    ['id', 'label', 'state'],
    ...keys.map(({ id, label, revokedAt }) => [
      id,
      label,
      revokedAt === null ? 'active' : `revoked (${findEnd(id)?.name})`,
    ]),
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
    ...chapters.flatMap(({ name, keys, secrets }) =>
      secrets.length === 0
        ? [[name, 'none']]
        : secrets.map((secret) => [
            name,
            `environment ${secret.environment}`,
            secret.name,
            keys.find(({ key }) => key === secret.value)?.id ?? 'none',
          ]),
    ),
  ])
}
