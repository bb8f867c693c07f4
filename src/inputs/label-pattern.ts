/** What a label pattern found in a label. */
export interface LabelMatch {
  /** The pull-request number at `{pr}`, when the pattern has one. */
  readonly pullRequest: number | undefined
}

/** A compiled label pattern. */
export interface LabelPattern {
  /** Whether it contains `{pr}`. */
  readonly hasPullRequest: boolean
  match(label: string): LabelMatch | undefined
}

/**
 * A number as GitHub writes it: no leading zero, and small enough to be exact. Lazy, so that the rest of the pattern
 * finds its own digits: `{pr}0*0` matches `100`.
 */
const PULL_REQUEST = '([1-9][0-9]{0,14}?)'

/**
 * Compiles a pattern: `*` matches any run of characters, `?` a single one, `{pr}` a pull request number, everything
 * else itself; the whole label must match. Returns `undefined` when `{pr}` occurs twice.
 */
export function compileLabelPattern(pattern: string): LabelPattern | undefined {
  const count = pattern.split('{pr}').length - 1
  if (count > 1) return undefined
  const segments = pattern.split(/\*+/)
  const expressions = segments.map((segment, at) => {
    const isFirst = at === 0
    const isLast = at === segments.length - 1
    const source = compileSegment(segment, !isFirst, !isLast)
    // Without `y` or `$`, the expression searches for its first match.
    return new RegExp(isLast ? `${source}$` : source, isFirst ? 'suy' : 'sug')
  })
  return { hasPullRequest: count === 1, match: (label) => matchSegments(label, expressions) }
}

/**
 * Matches the segments between the stars in turn, each as early as possible: this finds a match if there is one, in
 * a time that does not explode with the number of stars.
 */
function matchSegments(label: string, expressions: readonly RegExp[]): LabelMatch | undefined {
  let position = 0
  let pullRequest: number | undefined
  for (const expression of expressions) {
    expression.lastIndex = position
    const found = expression.exec(label)
    if (found === null) return undefined
    position = found.index + found[0].length
    if (found[1] !== undefined) pullRequest = Number(found[1])
  }
  return { pullRequest }
}

function compileSegment(segment: string, afterStar: boolean, beforeStar: boolean): string {
  const parts = segment.match(/\?|\{pr\}|[^?{]+|\{/g) ?? []
  return parts
    .map((part, at) => {
      if (part === '?') return '.'
      if (part !== '{pr}') return part.replace(/[\\^$.+()[\]{}|/]/gu, '\\$&')
      // Next to a wildcard, the number must be all adjacent digits: `1` is not in `12`.
      const start = (at === 0 && afterStar) || parts[at - 1] === '?' ? '(?<!\\d)' : ''
      const end = (at === parts.length - 1 && beforeStar) || parts[at + 1] === '?' ? '(?!\\d)' : ''
      return `${start}${PULL_REQUEST}${end}`
    })
    .join('')
}
