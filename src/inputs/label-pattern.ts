/** What a label pattern found in a label. */
export interface LabelMatch {
  /** The pull-request number at `{pr}`, when the pattern has one. */
  readonly pullRequest: number | undefined
}

/** A label pattern, ready to be held against labels. */
export interface LabelPattern {
  /** Whether it looks for a pull-request number. */
  readonly hasPullRequest: boolean
  match(label: string): LabelMatch | undefined
}

/**
 * A number as GitHub writes one: no leading zero, and small enough to be exact. It takes as few digits as
 * it can, so that the rest of the pattern finds its own: `{pr}0*0` fits `100`.
 */
const PULL_REQUEST = '([1-9][0-9]{0,14}?)'

/**
 * Compiles a pattern: `*` is any run of characters, `?` any single one, `{pr}` a pull-request number,
 * everything else means itself; the whole label has to match. Returns `undefined` when `{pr}` is there twice.
 */
export function compileLabelPattern(pattern: string): LabelPattern | undefined {
  const count = pattern.split('{pr}').length - 1
  if (count > 1) return undefined
  const segments = pattern.split(/\*+/)
  const expressions = segments.map((segment, at) => {
    const isFirst = at === 0
    const isLast = at === segments.length - 1
    const source = compileSegment(segment, !isFirst, !isLast)
    // Without `y` or an end the next fit is looked for.
    return new RegExp(isLast ? `${source}$` : source, isFirst ? 'suy' : 'sug')
  })
  return { hasPullRequest: count === 1, match: (label) => matchSegments(label, expressions) }
}

/**
 * Fits what stands between the stars one after the other, each as early as it can: that finds a match
 * where there is one, in a time that does not explode with the number of stars.
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
      if (part !== '{pr}') return part.replace(/[\\^$.+()[\]{}|/]/gu, (sign) => `\\${sign}`)
      // Beside a wildcard the number must be all the digits that stand together: `1` is not in `12`.
      const start = (at === 0 && afterStar) || parts[at - 1] === '?' ? '(?<!\\d)' : ''
      const end = (at === parts.length - 1 && beforeStar) || parts[at + 1] === '?' ? '(?!\\d)' : ''
      return `${start}${PULL_REQUEST}${end}`
    })
    .join('')
}
