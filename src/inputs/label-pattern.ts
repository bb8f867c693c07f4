import { parseLine, refuse } from './values.js'

/** A number as GitHub writes it, small enough to be exact. Lazy: in `{pr}0*0`, the rest finds digits of its own. */
const PULL_REQUEST = '(?<pr>[1-9][0-9]{0,14}?)'

const parsePatternLine = parseLine('a pattern such as preview-{pr} or ci-*')

/** `*` is any run of characters, `?` one, `{pr}` a pull request number, all else itself; the whole label has to match. */
export function parseLabelPattern(text: string) {
  const source = parsePatternLine(text)
  const count = source.split('{pr}').length - 1
  if (count > 1) refuse('has {pr} more than once; use it once')
  const segments = source.split(/\*+/)
  const last = segments.length - 1
  // What stands between two stars matches as early as possible, and a look-ahead never tries again: this finds a match
  // if there is one, in a time that does not explode with the number of stars.
  const sources = segments.map((segment, at) => {
    const part = `${at === 0 ? '' : '.*?'}${compileSegment(segment, at > 0, at < last)}`
    return at === last ? part : `(?=(?<part${at}>${part}))\\k<part${at}>`
  })
  const expression = new RegExp(`^${sources.join('')}$`, 'su')
  return {
    source,
    hasPullRequest: count === 1,
    /** What it finds in a label, if it matches: the number at `{pr}`, when the pattern has one. */
    match: (label: string): { readonly pullRequest: number | undefined } | undefined => {
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
