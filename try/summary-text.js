/** @import { SummaryBlock } from './types.ts' */

/**
 * Makes of a job summary, which is Markdown, what a person reads: lines of text, and tables. Of what GitHub
 * folds, only the title is left.
 *
 * @param {string} summary
 * @returns {SummaryBlock[]}
 */
export function readSummary(summary) {
  const shown = summary
    .replace(/<details><summary>(.*?)<\/summary>.*?<\/details>/gs, '▶ $1 (folded)')
    .replace(/^```.*\n/gm, '')
    .trim()
    .replace(/\n{3,}/g, '\n\n')
  const blocks = shown.match(/(?:^\|.*\n?)+|(?:^(?!\|).*\n?)+/gm) ?? []
  return blocks.map((block) => {
    const lines = block.replace(/\n$/, '').split('\n')
    if (!block.startsWith('|')) return { lines: lines.map(readLine) }
    const [head, , ...rows] = lines.map(readRow)
    return { table: [head ?? [], ...rows] }
  })
}

/** @param {string} line */
function readLine(line) {
  return readInline(line.replace(/^#+ /, ''))
}

/** @param {string} line A row; a pipe in a cell has a backslash before it. */
function readRow(line) {
  return line
    .replace(/^\| ?|\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => readInline(cell.trim().replaceAll('\\|', '|')))
}

/**
 * Code spans first: what stands in them is no Markdown.
 *
 * @param {string} text
 * @returns {string}
 */
function readInline(text) {
  return text.replace(
    /(`+)(.+?)(?<!`)\1(?!`)|\[((?:[^\]`]|`[^`]*`)*)\]\([^)]*\)|\*\*(.+?)\*\*|<(w?br)>/g,
    (_, fence, code, link, strong, tag) => {
      if (fence !== undefined) return code
      if (tag !== undefined) return tag === 'br' ? '\n' : ''
      return readInline(link ?? strong)
    },
  )
}
