import { joinWords } from '../core/plain-text.js'

/** In a name this short, two changed letters make another word (`label` and `level`), unless both were added. */
const LONGEST_SHORT_NAME = 5

/** A variable `INPUT_…` that is not an input, and the one that was probably meant. */
export interface MisspelledName {
  readonly variable: string
  readonly meant: string
}

/**
 * Finds every input whose name is one or two letters off a known one. GitHub only warns about an unknown input, and
 * with `revok: always` the key would never be revoked. `given` are the names after `INPUT_`, as the runner writes them.
 */
export function findMisspelledNames(
  given: readonly string[],
  known: readonly string[],
): readonly MisspelledName[] {
  return given.flatMap((variable) => {
    const name = variable.toLowerCase()
    const meant = known.includes(name) ? undefined : findNearest(name, known)
    return meant === undefined ? [] : [{ variable, meant }]
  })
}

/** Says what to enter instead, a line for each, the last with what concerns all of them. */
export function describeMisspelledNames(misspelled: readonly MisspelledName[]): readonly string[] {
  const variables = misspelled.map(({ variable }) => `INPUT_${variable}`)
  const note = ` (if ${joinWords(variables, 'or')} is a variable of your own, rename it)`
  return misspelled.map(({ variable, meant }, index) => {
    const isLast = index === misspelled.length - 1
    return `${variable.toLowerCase()} is not an input of this action; enter ${meant} instead${isLast ? note : ''}`
  })
}

function findNearest(name: string, known: readonly string[]): string | undefined {
  return (
    known.find((one) => isWithinEdits(1, name, one)) ??
    known.find(
      (one) =>
        (one.length > LONGEST_SHORT_NAME || name.length === one.length + 2) &&
        isWithinEdits(2, name, one),
    )
  )
}

/** Whether at most `edits` letters added, removed, replaced or swapped with the next one turn `a` into `b`. */
function isWithinEdits(edits: number, a: string, b: string): boolean {
  if (a === b) return true
  if (edits === 0 || Math.abs(a.length - b.length) > edits) return false
  if (a[0] === b[0]) return isWithinEdits(edits, a.slice(1), b.slice(1))
  const isSwapped = a[0] === b[1] && a[1] === b[0]
  return (
    isWithinEdits(edits - 1, a.slice(1), b) ||
    isWithinEdits(edits - 1, a, b.slice(1)) ||
    isWithinEdits(edits - 1, a.slice(1), b.slice(1)) ||
    (isSwapped && isWithinEdits(edits - 1, a.slice(2), b.slice(2)))
  )
}
