/** Columns of the screen: what an average terminal shows without breaking a line. */
export const WIDTH = 100

const GAP = '  '

/**
 * Breaks a line that is too long, between words or path segments if it can; what follows is indented.
 *
 * @param {string} line
 * @returns {string[]}
 */
export function wrapLine(line) {
  if (measure(line) <= WIDTH) return [line]
  const indent = /^ */.exec(line)?.[0] ?? ''
  const pieces = fold(line.slice(indent.length), WIDTH - indent.length - GAP.length)
  return pieces.map((piece, index) => `${indent}${index === 0 ? '' : GAP}${piece}`)
}

/**
 * Puts rows in columns, the first of them as a head. Cells that are too wide, or have several lines, take
 * several lines.
 *
 * @param {string[][]} rows
 * @returns {string[]}
 */
export function layOutTable(rows) {
  const widths = fitColumns(rows)
  const rule = widths.map((width) => '-'.repeat(width)).join(GAP)
  const lines = rows.flatMap((row) => layOutRow(row, widths))
  const headHeight = layOutRow(rows[0] ?? [], widths).length
  return [...lines.slice(0, headHeight), rule, ...lines.slice(headHeight)]
}

/** @param {string[]} row @param {number[]} widths */
function layOutRow(row, widths) {
  const cells = widths.map((width, column) =>
    (row[column] ?? '').split('\n').flatMap((line) => fold(line, width)),
  )
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, index) =>
    cells
      .map((lines, column) => pad(lines[index] ?? '', widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
}

/**
 * The width of each column: its widest cell, unless the table has to be narrower.
 *
 * @param {string[][]} rows
 */
function fitColumns(rows) {
  const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? ''))
  const widths = columns.map((cells) => widest(cells.flatMap((cell) => cell.split('\n'))))
  // An ID that is broken in two can no longer be copied.
  const least = columns.map((cells) => widest(cells.flatMap(splitWords)))
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - WIDTH
    if (excess <= 0) return widths
    const slack = widths.map((width, column) => width - (least[column] ?? 0))
    const most = Math.max(...slack)
    const column = most > 0 ? slack.indexOf(most) : widths.indexOf(Math.max(...widths))
    widths[column] = (widths[column] ?? 0) - Math.min(excess, most > 0 ? most : excess)
  }
}

/** @param {string} text @param {number} width */
function fold(text, width) {
  const lines = ['']
  for (const word of splitWords(text)) {
    const line = lines.at(-1) ?? ''
    if (measure((line + word).trimEnd()) <= width) {
      lines[lines.length - 1] = line + word
    } else {
      if (line === '') lines.pop()
      const parts = word.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? []
      lines.push(...parts)
    }
  }
  return lines.map((line) => line.trimEnd())
}

/** @param {string} text */
function splitWords(text) {
  return text.split(/(?<=[\s/])/)
}

/** @param {string[]} texts */
function widest(texts) {
  return Math.max(...texts.map((text) => measure(text.trimEnd())))
}

/** @param {string} text @param {number} width */
function pad(text, width) {
  return text + ' '.repeat(Math.max(0, width - measure(text)))
}

/**
 * The columns that a text takes: two for an emoji, one for any other character.
 *
 * @param {string} text
 */
function measure(text) {
  return [...text.replace(/\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F/gu, '##')].length
}
