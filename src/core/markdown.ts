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
  // One blank on each side is not shown, unless there is nothing else.
  const gap = /^[ `]|[ `]$/.test(line) && line.trim() !== '' ? ' ' : ''
  return `${fence}${gap}${line}${gap}${fence}`
}

/**
 * A text as a code span in a table, where a row is cut at every pipe that has no backslash before it (GFM, 4.10).
 * A backslash of the text before a pipe gets a span of its own: readers disagree about two of them.
 */
export function renderCell(text: string): string {
  return text
    .split(/(?<=\\)(?=\|)/)
    .map((part) => renderCode(part).replaceAll('|', '\\|'))
    .join('<wbr>')
}

/** A table with a bold name and a value, in Markdown, a row; empty values are left out. */
export function renderFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const rows = facts.filter(([, value]) => value !== '')
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| **${name}** | ${value} |`)].join(
    '\n',
  )
}

/** Texts below each other in one cell of a table. */
export function renderList(texts: readonly string[]): string {
  return texts.map(renderCell).join('<br>')
}
