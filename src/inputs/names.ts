import type { InputReader } from './table.js'

/** What all three actions have. */
const SHARED = [
  'org_key',
  'org_id',
  'team_id',
  'dry_run',
  'github_token',
  'api_url',
  'github_api_url',
  'timeout_seconds',
]

/** Every input of each action, as its `action.yml` declares them (a test compares the two). */
export const INPUT_NAMES: Readonly<Record<'create' | 'revoke' | 'prune', readonly string[]>> = {
  create: [
    ...SHARED,
    'label',
    'if_exists',
    'retain',
    'revoke',
    'secret_name',
    'secret_targets',
    'create_environments',
    'env_name',
    'output_key',
    'job_status',
  ],
  revoke: [...SHARED, 'key_id', 'label', 'if_missing', 'secret_name', 'secret_targets'],
  prune: [
    ...SHARED,
    'label_pattern',
    'older_than',
    'closed_pull_requests',
    'keep',
    'max_revocations',
  ],
}

/** In a name this short, two other letters make another word (`keep` and `key`). */
const LONGEST_SHORT_NAME = 5

/**
 * Reports every input whose name is one or two letters off a known one. GitHub only warns of an unknown
 * input, and with `revok: always` the key would never be revoked. Values are not looked at: the misspelled
 * input may hold a secret. `given` are the names after `INPUT_`, as the runner writes them.
 */
export function reportMisspelledNames(
  inputs: InputReader,
  given: readonly string[],
  known: readonly string[],
): void {
  for (const variable of given) {
    const name = variable.toLowerCase()
    const meant = known.includes(name) ? undefined : findNearest(name, known)
    if (meant === undefined) continue
    inputs.report(
      `${name} is not an input of this action; write ${meant} instead (if INPUT_${variable} is a variable of your own, give it another name)`,
    )
  }
}

function findNearest(name: string, known: readonly string[]): string | undefined {
  return (
    known.find((one) => isWithinEdits(1, name, one)) ??
    known.find((one) => one.length > LONGEST_SHORT_NAME && isWithinEdits(2, name, one))
  )
}

/** Whether so many letters added, left out, replaced or swapped with the next one make `b` of `a`. */
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
