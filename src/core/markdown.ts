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

/** Bytes that one block takes at most: GitHub shows no job summary above 1 MiB, and a step writes few long blocks. */
const LARGEST_BLOCK = 256 * 1024

/** A Markdown table; `''` without rows. Cells are Markdown. Rows that do not fit into a summary are counted below it. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const heading = `${renderRow(head)}\n|${':---|'.repeat(head.length)}\n`
  return heading + joinWithin(rows.map(renderRow), '\n')
}

/** A list; `''` without items, which are Markdown. Items that do not fit into a summary are counted below it. */
export function renderItems(items: readonly string[]): string {
  return joinWithin(
    items.map((item) => `- ${item}`),
    '\n',
  )
}

/** A quotation; each line is Markdown. Lines that do not fit into a summary are counted below it. */
export function renderQuote(lines: readonly string[]): string {
  return joinWithin(
    lines.map((line) => `> ${line}`),
    '\n>\n',
  )
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

/** Joins the first lines, as many as fit into one block, and counts the others below it. */
function joinWithin(lines: readonly string[], separator: string): string {
  let size = 0
  const shown = lines.filter((line) => {
    size += Buffer.byteLength(line) + separator.length
    return size <= LARGEST_BLOCK
  })
  const more = lines.length - shown.length
  return shown.join(separator) + (more > 0 ? `\n\nAnd ${more} more.` : '')
}
