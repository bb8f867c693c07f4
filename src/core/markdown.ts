/** Escapes a text so that Markdown and HTML show it letter by letter, on one line and in a table cell too. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[&<>\\`*_[\]#!|~@:]/g, (sign) => `&#${sign.codePointAt(0)};`)
}

/** A table with a bold name and an escaped value a row; empty values are left out. */
export function renderFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const rows = facts.filter(([, value]) => value !== '')
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| **${name}** | ${value} |`)].join(
    '\n',
  )
}

/** Texts below each other in one cell of a table. */
export function renderList(texts: readonly string[]): string {
  return texts.map(escapeMarkdown).join('<br>')
}
