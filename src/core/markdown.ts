import { replaceControls } from './plain-text.js'

/**
 * A text as a code span (GFM, 6.3), the one place where GitHub makes neither Markdown, HTML, mentions nor
 * links of it: inside `<code>` it links an e-mail address even when that is written in entities.
 */
export function renderCode(text: string): string {
  const line = replaceControls(text)
  if (line === '') return ''
  const runs = [...line.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(Math.max(0, ...runs) + 1)
  // One space on each side is not shown, unless there is nothing else.
  const gap = /^[ `]|[ `]$/.test(line) && line.trim() !== '' ? ' ' : ''
  return `${fence}${gap}${line}${gap}${fence}`
}

/**
 * A text as a code span in a table, where every pipe without a backslash before it ends a cell (GFM, 4.10).
 * A backslash before a pipe gets a span of its own, because parsers disagree about two in a row.
 */
export function renderCell(text: string): string {
  return text
    .split(/(?<=\\)(?=\|)/)
    .map((part) => renderCode(part).replaceAll('|', '\\|'))
    .join('<wbr>')
}

/** A Markdown table with a name in bold and a value per row; rows with an empty value are left out. */
export function renderTable(cells: readonly (readonly [name: string, value: string])[]): string {
  const rows = cells.filter(([, value]) => value !== '')
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| **${name}** | ${value} |`)].join(
    '\n',
  )
}

/** Texts in one cell of a table, one per line. */
export function renderList(texts: readonly string[]): string {
  return texts.map(renderCell).join('<br>')
}
