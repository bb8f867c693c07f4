import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {string | boolean} YamlScalar
 * @typedef {{ [key: string]: YamlScalar | YamlMapping }} YamlMapping
 */

/**
 * @typedef {object} ActionInput
 * @property {string} description
 * @property {boolean} required
 * @property {string} default The text in action.yml, expressions not yet evaluated; '' when there is none.
 */

/**
 * @typedef {object} ActionMetadata
 * @property {string} name
 * @property {Record<string, ActionInput>} inputs
 * @property {string[]} outputs Names of the outputs, in order.
 * @property {string} using
 * @property {string} main Path of the main script, from the folder of action.yml.
 * @property {string | undefined} post
 * @property {string} postIf
 */

/** `key:` or `key: value`, indented by spaces only. */
const ENTRY = /^( *)([A-Za-z_](?:[\w -]*[\w-])?):(?: +(.*))?$/

/** What YAML would read as something other than the text that stands there. */
const NOT_PLAIN = [
  { pattern: /^[-?:](?: |$)|^[[\]{},#&*!|>%@`]/, what: 'YAML syntax' },
  { pattern: /: |:$| #|\t/, what: 'a colon, comment or tab inside a plain scalar' },
  { pattern: /^[-+]?\.?\d|^[-+]?\.(?:inf|nan)$/i, what: 'a number (quote it)' },
  { pattern: /^(?:null|~)$/i, what: 'null' },
  { pattern: /^(?:True|TRUE|False|FALSE)$/, what: 'an unusual boolean (write true or false)' },
]

/**
 * Reads the part of YAML that an action.yml needs: mappings nested by two spaces, plain and
 * quoted scalars (no backslash), whole-line comments. Throws on everything else, so that it never reads
 * a file differently from the way the runner does.
 *
 * @param {string} text
 * @returns {YamlMapping}
 */
export function parseActionYaml(text) {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.replace(/ +$/, ''), number: index + 1 }))
    .filter(({ line }) => line !== '' && !/^ *#/.test(line))
  let next = 0

  /**
   * @param {number} depth
   * @returns {YamlMapping}
   */
  function readMapping(depth) {
    /** @type {Map<string, YamlScalar | YamlMapping>} */
    const entries = new Map()
    while (next < lines.length) {
      const entry = readEntry(lines[next])
      if (entry.indent < depth) break
      if (entry.indent > depth) throw refuse(entry.number, 'unexpected indentation')
      if (entries.has(entry.key)) throw refuse(entry.number, `${entry.key} stands there twice`)
      next += 1
      entries.set(
        entry.key,
        entry.value === undefined
          ? readChildren(depth, entry.number)
          : readScalar(entry.value, entry.number),
      )
    }
    return Object.fromEntries(entries)
  }

  /**
   * @param {number} depth
   * @param {number} number
   */
  function readChildren(depth, number) {
    const children = readMapping(depth + 2)
    if (Object.keys(children).length === 0) throw refuse(number, 'a key without a value')
    return children
  }

  return readMapping(0)
}

/**
 * Reads what a runner needs to know of the action in a folder.
 *
 * @param {string} actionDir
 * @returns {ActionMetadata}
 */
export function readActionMetadata(actionDir) {
  const file = ['action.yml', 'action.yaml']
    .map((name) => join(actionDir, name))
    .find((path) => existsSync(path))
  if (file === undefined) throw new Error(`No action.yml in ${actionDir}`)
  const root = parseActionYaml(readFileSync(file, 'utf8'))
  const runs = mappingOf(root['runs'], 'runs')
  return {
    name: textOf(root['name'], 'name'),
    inputs: Object.fromEntries(
      Object.entries(mappingOf(root['inputs'] ?? {}, 'inputs')).map(([name, value]) => [
        name,
        readInput(mappingOf(value, `inputs.${name}`)),
      ]),
    ),
    outputs: Object.keys(mappingOf(root['outputs'] ?? {}, 'outputs')),
    using: textOf(runs['using'], 'runs.using'),
    main: textOf(runs['main'], 'runs.main'),
    post: runs['post'] === undefined ? undefined : textOf(runs['post'], 'runs.post'),
    postIf: textOf(runs['post-if'] ?? 'always()', 'runs.post-if'),
  }
}

/**
 * @param {YamlMapping} fields
 * @returns {ActionInput}
 */
function readInput(fields) {
  return {
    description: String(fields['description'] ?? ''),
    required: fields['required'] === true,
    default: String(fields['default'] ?? ''),
  }
}

/** @param {{ line: string, number: number } | undefined} source */
function readEntry(source) {
  const { line, number } = source ?? { line: '', number: 0 }
  const match = ENTRY.exec(line)
  if (match === null) throw refuse(number, 'not a "key: value" line')
  const [, spaces = '', key = '', value] = match
  return { indent: spaces.length, key, value, number }
}

/**
 * @param {string} text
 * @param {number} number
 * @returns {YamlScalar}
 */
function readScalar(text, number) {
  if (/^['"]/.test(text)) {
    const [, single, double] = /^(?:'((?:[^']|'')*)'|"([^"\\]*)")$/.exec(text) ?? []
    const quoted = single?.replaceAll("''", "'") ?? double
    if (quoted === undefined) throw refuse(number, 'an escape, or text outside the quotes')
    return quoted
  }
  if (text === 'true' || text === 'false') return text === 'true'
  const oddity = NOT_PLAIN.find(({ pattern }) => pattern.test(text))
  if (oddity !== undefined) throw refuse(number, oddity.what)
  return text
}

/**
 * @param {YamlScalar | YamlMapping | undefined} value
 * @param {string} where
 * @returns {YamlMapping}
 */
function mappingOf(value, where) {
  if (typeof value !== 'object') throw new Error(`action.yml: ${where} is not a mapping`)
  return value
}

/**
 * @param {YamlScalar | YamlMapping | undefined} value
 * @param {string} where
 * @returns {string}
 */
function textOf(value, where) {
  if (typeof value !== 'string') throw new Error(`action.yml: ${where} is not a text`)
  return value
}

/**
 * @param {number} number
 * @param {string} reason
 */
function refuse(number, reason) {
  return new Error(`action.yml, line ${number}: this reader does not know ${reason}`)
}
