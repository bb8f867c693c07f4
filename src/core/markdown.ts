import { replaceControls } from './plain-text.js'

/**
 * Renders text as a code span (GFM, 6.3), the only place where GitHub interprets no Markdown, HTML, mentions or
 * links: inside `<code>`, it links even an email address written in entities.
 */
export function renderCode(text: string): string {
  const line = replaceControls(text)
  if (line === '') return ''
  const runs = [...line.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(Math.max(0, ...runs) + 1)
  // GitHub strips one space on each side, unless there is nothing else.
  const gap = /^[ `]|[ `]$/.test(line) && line.trim() !== '' ? ' ' : ''
  return `${fence}${gap}${line}${gap}${fence}`
}

/**
 * Renders text as a code span in a table, where every unescaped pipe ends a cell (GFM, 4.10). A backslash before a
 * pipe ends the span, because parsers disagree about two in a row.
 */
export function renderCell(text: string): string {
  return text
    .split(/(?<=\\)(?=\|)/)
    .map((part) => renderCode(part).replaceAll('|', '\\|'))
    .join('<wbr>')
}

/** Renders a Markdown table, one bold name and its value per row; omits rows with an empty value. */
export function renderTable(cells: readonly (readonly [name: string, value: string])[]): string {
  const rows = cells.filter(([, value]) => value !== '')
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| **${name}** | ${value} |`)].join(
    '\n',
  )
}

/** Renders texts in one table cell, one per line. */
export function renderList(texts: readonly string[]): string {
  return texts.map(renderCell).join('<br>')
}
