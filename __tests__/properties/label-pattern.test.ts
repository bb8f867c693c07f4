import { expect, test } from '@jest/globals'
import { parseLabelPattern } from '../../src/inputs/label-pattern.js'
import { fc } from '../support/fast-check.js'

const WILD = ['*', '?']

/** All numbers that `{pr}` can match; `[undefined]` when there is no `{pr}`. */
function matchNaively(
  tokens: readonly string[],
  label: readonly string[],
  at = 0,
  from = 0,
): readonly (number | undefined)[] {
  const token = tokens[at]
  if (token === undefined) return from === label.length ? [undefined] : []
  const goOn = (to: number) => matchNaively(tokens, label, at + 1, to)
  if (token === '*')
    return label
      .slice(from)
      .flatMap((_, taken) => goOn(from + taken + 1))
      .concat(goOn(from))
  const here = label[from]
  if (token !== '{pr}')
    return here !== undefined && [here, '?'].includes(token) ? goOn(from + 1) : []
  const digits = /^[1-9]\d{0,14}/.exec(label.slice(from).join(''))?.[0] ?? ''
  const isDigit = (sign: string | undefined) => /^\d$/.test(sign ?? '')
  if (WILD.includes(tokens[at - 1] ?? '') && isDigit(label[from - 1])) return []
  return [...digits].flatMap((_, index) => {
    const to = from + index + 1
    if (WILD.includes(tokens[at + 1] ?? '') && isDigit(label[to])) return []
    return goOn(to).length > 0 ? [Number(digits.slice(0, index + 1))] : []
  })
}

const sign = fc.constantFrom('a', 'b', '1', '0', '-', '.', '{', '}', '(', '😀')
const token = fc.oneof({ weight: 2, arbitrary: sign }, fc.constantFrom('*', '?', '{pr}'))

/** A label that probably matches: the pattern with text for its wildcards. */
const patternAndLabel = fc.array(token, { minLength: 1, maxLength: 8 }).chain((tokens) =>
  fc.tuple(
    fc.constant(tokens),
    fc.oneof(
      fc.array(sign, { maxLength: 8 }),
      fc
        .tuple(
          ...tokens.map((one) => {
            if (one === '*') return fc.array(sign, { maxLength: 3 })
            if (one === '?') return sign.map((only) => [only])
            return one === '{pr}' ? fc.nat(120).map((n) => [...String(n)]) : fc.constant([one])
          }),
        )
        .map((parts) => parts.flat()),
    ),
  ),
)

test('matches what a naive matcher does, and finds a number that it could find', () => {
  fc.assert(
    fc.property(patternAndLabel, ([tokens, label]) => {
      // Characters that happen to spell `{pr}` are one.
      const read = tokens.join('').match(/\{pr\}|./gsu) ?? []
      const parse = () => parseLabelPattern(tokens.join(''))
      if (read.filter((one) => one === '{pr}').length > 1) return expect(parse).toThrow('once')
      const possible = matchNaively(read, label)
      const found = parse().match(label.join(''))
      if (possible.length === 0) expect(found).toBeUndefined()
      else expect(possible).toContain(found?.pullRequest)
      expect(found !== undefined).toBe(possible.length > 0)
    }),
    { numRuns: 3_000 },
  )
})
