/** Control characters, and the line and paragraph separators; without `\p{Cc}`, which costs each step a table. */
const CONTROL = /[^ -~\u00a0-\u2027\u202a-\uffff]/

/** The same, and the direction marks with which a text can hide what it says. */
const CONTROLS = /[^ -~\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\uffff]+/g

/** Replaces control characters with spaces: one line, without terminal sequences. */
export function replaceControls(text: string): string {
  return text.replace(CONTROLS, ' ')
}

/** Replaces control characters, as `replaceControls` does, and cuts the line at `limit` characters. */
export function toOneLine(text: string, limit: number): string {
  const line = replaceControls(text).replace(/ {2,}/g, ' ').trim()
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`
}

/** The code point of the first control character or line break in a text, such as `U+000A`, if there is one. */
export function findControlCharacter(text: string): string | undefined {
  const found = CONTROL.exec(text)?.[0]
  if (found === undefined) return undefined
  return `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Joins names for a sentence: `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[], conjunction: string): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`
}

/** Leaves no workflow command: no line begins with `::` or contains `##[` (source: actions/runner, ActionCommand.cs). */
export function defuseCommands(text: string): string {
  return text
    .replaceAll('##[', '## [')
    .split(/\r\n|[\r\n]/)
    .map((line) => replaceControls(line).replace(/^(\s*):(?=:)/, '$1\u200b:'))
    .join('\n')
}

/** Whether at most `edits` characters added, removed, replaced or swapped with the next turn one text into the other. */
export function isSimilar(one: string, other: string, edits = 2): boolean {
  let same = 0
  while (same < one.length && one[same] === other[same]) same += 1
  const [a, b] = [one.slice(same), other.slice(same)]
  if (a === b || edits === 0) return a === b
  const isSwapped = a[0] === b[1] && a[1] === b[0]
  return [[1, 1], [1, 0], [0, 1], ...(isSwapped ? [[2, 2]] : [])].some(([fromA, fromB]) =>
    isSimilar(a.slice(fromA), b.slice(fromB), edits - 1),
  )
}

/** Decodes percent-encoded characters; `undefined` where a percent sign encodes nothing. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // The caller says what that means.
    return undefined
  }
}
