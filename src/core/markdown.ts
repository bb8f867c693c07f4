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

/** Bytes that one table takes at most: GitHub shows no job summary above 1 MiB, and a step writes few tables. */
const LARGEST_TABLE = 256 * 1024

/** A Markdown table; `''` without rows. Cells are Markdown. Rows that do not fit into a summary are counted below it. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const shown = takeWithin(rows.map(renderRow), LARGEST_TABLE)
  const more = rows.length > shown.length ? `\n\nAnd ${rows.length - shown.length} more.` : ''
  return [renderRow(head), `|${':---|'.repeat(head.length)}`, ...shown].join('\n') + more
}

/** A table with a name and a value per row, headed by the first of them; rows with an empty value are left out. */
export function renderFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const [head = [], ...rows] = facts.filter(([, value]) => value !== '')
  return renderTable(
    head,
    rows.map(([name, value]) => [`**${name}**`, value]),
  )
}

/** Renders texts in one table cell, one per line. */
export function renderList(texts: readonly string[]): string {
  return texts.map(renderCell).join('<br>')
}

/** A link; `text` is Markdown. `''` as address gives the text alone. */
export function renderLink(text: string, url: string): string {
  // Parentheses would end the address.
  const address = url.replaceAll('(', '%28').replaceAll(')', '%29')
  return url === '' ? text : `[${text}](${address})`
}

/** A block that a reader opens; `title` and `body` are Markdown. */
export function renderDetails(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** The first lines that fit into a number of bytes. */
function takeWithin(lines: readonly string[], bytes: number): readonly string[] {
  let size = 0
  return lines.filter((line) => {
    size += Buffer.byteLength(line) + 1
    return size <= bytes
  })
}
