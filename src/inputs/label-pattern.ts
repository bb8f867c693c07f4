/** What a label pattern found in a label. */
export interface LabelMatch {
  /** The pull-request number at `{pr}`, when the pattern has one. */
  readonly pullRequest: number | undefined
}

/** A compiled label pattern. */
export interface LabelPattern {
  /** As the user wrote it. */
  readonly source: string
  /** Whether it contains `{pr}`. */
  readonly hasPullRequest: boolean
  match(label: string): LabelMatch | undefined
}

/**
 * A number as GitHub writes it: no leading zero, and small enough to be exact. Lazy, so that the rest of the pattern
 * finds its own digits: `{pr}0*0` matches `100`.
 */
const PULL_REQUEST = '(?<pr>[1-9][0-9]{0,14}?)'

/**
 * Compiles a pattern: `*` matches any run of characters, `?` a single one, `{pr}` a pull request number, everything
 * else itself; the whole label must match. Returns `undefined` when `{pr}` occurs twice.
 */
export function compileLabelPattern(pattern: string): LabelPattern | undefined {
  const count = pattern.split('{pr}').length - 1
  if (count > 1) return undefined
  const segments = pattern.split(/\*+/)
  const last = segments.length - 1
  // What stands between two stars matches as early as possible, and a look-ahead never tries again: this finds a match
  // if there is one, in a time that does not explode with the number of stars.
  const sources = segments.map((segment, at) => {
    const source = `${at === 0 ? '' : '.*?'}${compileSegment(segment, at > 0, at < last)}`
    return at === last ? source : `(?=(?<part${at}>${source}))\\k<part${at}>`
  })
  const expression = new RegExp(`^${sources.join('')}$`, 'su')
  return {
    source: pattern,
    hasPullRequest: count === 1,
    match: (label) => {
      const found = expression.exec(label)
      const number = found?.groups?.['pr']
      return found === null ? undefined : { pullRequest: number ? Number(number) : undefined }
    },
  }
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
