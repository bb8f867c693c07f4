/** Control characters, and the line and paragraph separators that are line breaks in all but name. */
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu

/** Makes one line of foreign text: control characters become spaces, and it ends at `limit` characters. */
export function toOneLine(text: string, limit: number): string {
  const line = text.replace(CONTROL, ' ').replace(/ {2,}/g, ' ').trim()
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`
}

/** The code point of the first control character or line break in a text, as `U+000A`, if there is one. */
export function findControlCharacter(text: string): string | undefined {
  const found = text.match(/[\p{Cc}\u2028\u2029]/u)?.[0]
  if (found === undefined) return undefined
  return `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Joins names as a sentence does: `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[], conjunction: string): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`
}
