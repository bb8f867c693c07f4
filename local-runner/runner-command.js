/** @import { RunnerCommand } from './types.ts' */

const OLD_ESCAPES = ['%3B', '%0D', '%0A', '%5D', '%25']
/**
 * The two forms: `::name key=value,key=value::data` at the start of a line, and the old
 * `##[name key=value;key=value]data` anywhere. Escapes are undone in this order: the percent sign
 * last, or `%250A` would become a line break.
 */
const FORMS = [
  {
    pattern: /^::(.*?)::(.*)$/s,
    separator: ',',
    isTrimmed: true,
    inProperties: ['%0D', '%0A', '%3A', '%2C', '%25'],
    inData: ['%0D', '%0A', '%25'],
  },
  {
    pattern: /##\[(.*?)\](.*)$/s,
    separator: ';',
    isTrimmed: false,
    inProperties: OLD_ESCAPES,
    inData: OLD_ESCAPES,
  },
]

/**
 * Finds the command in a line.
 *
 * @param {string} line
 * @param {ReadonlySet<string>} known Which names, in lower case, are commands.
 * @returns {RunnerCommand | undefined}
 */
export function parseCommand(line, known) {
  const text = trimStart(line)
  for (const { pattern, separator, isTrimmed, inProperties, inData } of FORMS) {
    const [, head = '', data = ''] = pattern.exec(text) ?? []
    const [first = ''] = head.split(' ', 1)
    const name = first.toLowerCase()
    if (!known.has(name)) continue
    const rest = head.slice(first.length + 1)
    const pairs = (isTrimmed ? rest.trim() : rest).split(separator).flatMap((property) => {
      const [, key, value] = /^=*([^=]+)=+([^=].*)$/s.exec(property) ?? []
      if (key === undefined || value === undefined) return []
      return [[key.toLowerCase(), undoEscapes(value, inProperties)]]
    })
    return { name, properties: Object.fromEntries(pairs), data: undoEscapes(data, inData) }
  }
  return undefined
}

/** @param {string} text @param {string[]} codes */
function undoEscapes(text, codes) {
  return codes.reduce((plain, code) => plain.replaceAll(code, decodeURIComponent(code)), text)
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
