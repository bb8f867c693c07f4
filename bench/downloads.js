import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {{ name: string, bytes: number | undefined, wanted: string }} Download */

const ACTION_DIR = fileURLToPath(new URL('..', import.meta.url))
const MAX_ARCHIVE_BYTES = 256 * 1024 * 1024

/**
 * Weighs what a runner downloads before the action can start, and the part of it that runs.
 *
 * @returns {Download[]}
 */
export function measureDownloads() {
  const commit = git('rev-parse', '--short', 'HEAD')?.toString().trim()
  const changed = (git('status', '--porcelain', '--untracked-files=no')?.length ?? 0) > 0
  const dist = readdirSync(join(ACTION_DIR, 'dist'), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size)
    .reduce((sum, size) => sum + size, 0)
  return [
    {
      name:
        commit === undefined
          ? 'archive of the repository: not measured, git finds no commit here'
          : `archive of the repository at ${commit}${changed ? ' (without changes not committed)' : ''}, \`git archive --format=tar.gz -9 HEAD\``,
      bytes: git('archive', '--format=tar.gz', '-9', 'HEAD')?.length,
      wanted: '≤ 226',
    },
    { name: '`dist/` as it lies here, not compressed', bytes: dist, wanted: '' },
  ]
}

/**
 * @param {string[]} args
 * @returns {Buffer | undefined} Nothing when git refuses, or is not there.
 */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, {
    cwd: ACTION_DIR,
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: MAX_ARCHIVE_BYTES,
    timeout: 30_000,
  })
  return status === 0 ? stdout : undefined
}
