/** @import { RunnerCommand } from './types.ts' */

/** Undone in this order: the percent sign last, or `%250A` would become a line break. */
const DATA_ESCAPES = /** @type {const} */ ([
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%25', '%'],
])
const PROPERTY_ESCAPES = /** @type {const} */ ([
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%3A', ':'],
  ['%2C', ','],
  ['%25', '%'],
])
const OLD_ESCAPES = /** @type {const} */ ([
  ['%3B', ';'],
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%5D', ']'],
  ['%25', '%'],
])

/**
 * Finds the command in a line: `::name key=value::data` after leading white space, or the old
 * `##[name key=value]data` anywhere. `known` says which names (in lower case) are commands.
 *
 * @param {string} line
 * @param {ReadonlySet<string>} known
 * @returns {RunnerCommand | undefined}
 */
export function parseCommand(line, known) {
  return parseColonForm(line, known) ?? parseBracketForm(line, known)
}

/**
 * @param {string} line
 * @param {ReadonlySet<string>} known
 */
function parseColonForm(line, known) {
  const text = trimStart(line)
  if (!text.startsWith('::')) return undefined
  const end = text.indexOf('::', 2)
  if (end < 0) return undefined
  const head = splitHead(text.slice(2, end), ',', PROPERTY_ESCAPES)
  if (!known.has(head.name)) return undefined
  return { ...head, data: undoEscapes(text.slice(end + 2), DATA_ESCAPES) }
}

/**
 * @param {string} line
 * @param {ReadonlySet<string>} known
 */
function parseBracketForm(line, known) {
  const start = line.indexOf('##[')
  if (start < 0) return undefined
  const end = line.indexOf(']', start)
  if (end < 0) return undefined
  const head = splitHead(line.slice(start + 3, end), ';', OLD_ESCAPES)
  if (!known.has(head.name)) return undefined
  return { ...head, data: undoEscapes(line.slice(end + 1), OLD_ESCAPES) }
}

/**
 * @param {string} head
 * @param {string} separator
 * @param {readonly (readonly [string, string])[]} escapes
 */
function splitHead(head, separator, escapes) {
  const space = head.indexOf(' ')
  const name = (space < 0 ? head : head.slice(0, space)).toLowerCase()
  const properties =
    space < 0
      ? []
      : head
          .slice(space + 1)
          .trim()
          .split(separator)
  return {
    name,
    properties: Object.fromEntries(
      properties.flatMap((property) => {
        const [, key, value] = /^=*([^=]+)=+([^=].*)$/s.exec(property) ?? []
        if (key === undefined || value === undefined) return []
        return [[key.toLowerCase(), undoEscapes(value, escapes)]]
      }),
    ),
  }
}

/**
 * @param {string} text
 * @param {readonly (readonly [string, string])[]} escapes
 */
function undoEscapes(text, escapes) {
  return escapes.reduce((plain, [code, char]) => plain.replaceAll(code, char), text)
}

/**
 * Cuts leading white space as .NET counts it: with U+0085, without U+FEFF.
 *
 * @param {string} text
 * @returns {string}
 */
export function trimStart(text) {
  return text.replace(/^(?:[^\S\uFEFF]|\u0085)+/, '')
}
