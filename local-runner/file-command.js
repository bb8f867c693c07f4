/** @import { Pairs } from './types.ts' */

/**
 * Reads the pairs that an action wrote to GITHUB_OUTPUT, GITHUB_STATE or GITHUB_ENV:
 * `NAME=value` lines and `NAME<<DELIMITER` blocks, in order. Throws where the runner fails the step.
 *
 * @param {string} text
 * @returns {Pairs}
 */
export function parseFileCommand(text) {
  const lines = splitLines(text.replace(/^\uFEFF/, ''))
  /** @type {Pairs} */
  const pairs = []
  for (let next = 0; next < lines.length; next += 1) {
    const line = lines[next]?.text ?? ''
    if (line === '') continue
    const equals = line.indexOf('=')
    const heredoc = line.indexOf('<<')
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      pairs.push([line.slice(0, equals), line.slice(equals + 1)])
      continue
    }
    const name = line.slice(0, Math.max(heredoc, 0))
    const delimiter = line.slice(heredoc + 2)
    // These messages never quote the line: it may contain a secret.
    if (heredoc < 0) throw new Error('a line is neither NAME=value nor NAME<<DELIMITER')
    if (name === '' || delimiter === '') throw new Error('NAME<<DELIMITER lacks one of the two')
    const end = lines.findIndex((other, index) => index > next && other.text === delimiter)
    if (end < 0) throw new Error(`the block of ${name} is never closed by its delimiter`)
    pairs.push([name, joinLines(lines.slice(next + 1, end))])
    next = end
  }
  return pairs
}

/** @param {string} text */
function splitLines(text) {
  // Only the Windows runner treats CR LF as a line end; elsewhere the CR belongs to the value.
  const pattern = process.platform === 'win32' ? /(.*?)(\r?\n|$)/gs : /(.*?)(\n|$)/gs
  return [...text.matchAll(pattern)]
    .map(([, line = '', lineEnd = '']) => ({ text: line, lineEnd }))
    .filter((line) => line.text !== '' || line.lineEnd !== '')
}

/** @param {{ text: string, lineEnd: string }[]} lines */
function joinLines(lines) {
  return lines
    .map(({ text, lineEnd }, index) => (index < lines.length - 1 ? text + lineEnd : text))
    .join('')
}
