/** In a name this short, two changed letters make another word (`keep` and `key`), unless both were added. */
const LONGEST_SHORT_NAME = 5

/**
 * Finds every input whose name is one or two letters off a known one, and says what to enter instead. GitHub only
 * warns about an unknown input, and with `revok: always` the key would never be revoked. `given` are the names after
 * `INPUT_`, as the runner writes them.
 */
export function findMisspelledNames(
  given: readonly string[],
  known: readonly string[],
): readonly string[] {
  return given.flatMap((variable) => {
    const name = variable.toLowerCase()
    const meant = known.includes(name) ? undefined : findNearest(name, known)
    if (meant === undefined) return []
    return `${name} is not an input of this action; enter ${meant} instead (if INPUT_${variable} is a variable of your own, rename it)`
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
