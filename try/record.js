import { readSummary } from './summary-text.js'

/** @import { RunResult } from '../local-runner/types.ts' */
/** @import { SandboxKey, SandboxSecret } from '../sandbox/types.ts' */
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
 * @param {SandboxKey[]} keys
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
 * @param {string} repository The own one.
 * @param {Chapter[]} chapters
 */
export function writeSecrets(screen, repository, chapters) {
  screen.write('\n── Secrets in GitHub')
  screen.writeTable([
    ['after', 'where', 'name', 'key that it decrypts to'],
    ...chapters.flatMap(({ name, keys, secrets }) =>
      secrets.length === 0
        ? [[name, 'none']]
        : secrets.map((secret) => [
            name,
            describePlace(secret, repository),
            secret.name,
            keys.find(({ key }) => key === secret.value)?.id ?? 'none',
          ]),
    ),
  ])
}

/** @param {SandboxSecret} secret @param {string} own */
function describePlace({ owner, repo, environment, store }, own) {
  const scope = repo === undefined ? `organization ${owner}` : `repository ${owner}/${repo}`
  const within = `${owner}/${repo}` === own ? '' : ` of ${owner}/${repo}`
  const place = environment === undefined ? scope : `environment ${environment}${within}`
  return store === 'actions' ? place : `${place} (${store})`
}
