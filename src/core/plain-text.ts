/** Control characters, line and paragraph separators, and the direction marks with which a text can hide what it says. */
const CONTROL = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

/** Replaces control characters with spaces: one line, without terminal sequences. */
export function replaceControls(text: string): string {
  return text.replace(CONTROL, ' ')
}

/** Replaces control characters, as `replaceControls` does, and cuts the line at `limit` characters. */
export function toOneLine(text: string, limit: number): string {
  const line = replaceControls(text).replace(/ {2,}/g, ' ').trim()
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`
}

/** The code point of the first control character or line break in a text, such as `U+000A`, if there is one. */
export function findControlCharacter(text: string): string | undefined {
  const found = text.match(/[\p{Cc}\u2028\u2029]/u)?.[0]
  if (found === undefined) return undefined
  return `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Joins names for a sentence: `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[], conjunction: string): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`
}
