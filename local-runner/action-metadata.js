import { existsSync, readFileSync } from 'node:fs'
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
  const file = ['action.yml', 'action.yaml']
    .map((name) => join(actionDir, name))
    .find((path) => existsSync(path))
  if (file === undefined) throw new Error(`No action.yml in ${actionDir}`)
  // "failsafe": every scalar is its text, as it is for the runner. `1.10` stays `1.10`.
  const root = mappingOf(parse(readFileSync(file, 'utf8'), { schema: 'failsafe' }), file)
  const runs = mappingOf(root['runs'], 'runs')
  const inputs = Object.entries(mappingOf(root['inputs'] ?? {}, 'inputs'))
  return {
    name: textOf(root['name'], 'name'),
    inputs: Object.fromEntries(inputs.map(([name, value]) => [name, readInput(name, value)])),
    outputs: Object.keys(mappingOf(root['outputs'] ?? {}, 'outputs')),
    using: textOf(runs['using'], 'runs.using'),
    main: textOf(runs['main'], 'runs.main'),
    post: runs['post'] === undefined ? undefined : textOf(runs['post'], 'runs.post'),
    postIf: textOf(runs['post-if'] ?? 'always()', 'runs.post-if'),
  }
}

/** @param {string} name @param {unknown} value */
function readInput(name, value) {
  const fields = mappingOf(value, `inputs.${name}`)
  return {
    description: String(fields['description'] ?? ''),
    required: fields['required'] === 'true',
    default: String(fields['default'] ?? ''),
    deprecation:
      fields['deprecationMessage'] === undefined ? undefined : String(fields['deprecationMessage']),
  }
}

/** @param {unknown} value @param {string} where @returns {Record<string, unknown>} */
function mappingOf(value, where) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Error(`action.yml: ${where} is not a mapping`)
}

/** @param {unknown} value @param {string} where */
function textOf(value, where) {
  if (typeof value === 'string') return value
  throw new Error(`action.yml: ${where} is not a text`)
}
