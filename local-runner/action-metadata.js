import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** @import { ActionMetadata } from './types.ts' */

/**
 * Reads what a runner needs to know about the action in a folder.
 *
 * @param {string} actionDir
 * @returns {ActionMetadata}
 */
export function readActionMetadata(actionDir) {
  const text = readFileSync(join(actionDir, 'action.yml'), 'utf8')
  // "failsafe": every scalar is its text, as it is for the runner. `1.10` stays `1.10`.
  const { inputs = {}, runs } = parse(text, { schema: 'failsafe' })
  return { inputs, main: runs.main, post: runs.post, postIf: runs['post-if'] ?? 'always()' }
}
