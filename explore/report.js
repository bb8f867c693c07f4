import { nameCase } from './cases.js'

/** @import { Case, Outcome } from './types.ts' */

/** Counts cases, kills, runs and violations. */
export class Tally {
  cases = 0
  kills = 0
  runs = 0
  /** Cases in which a promise was broken. */
  broken = 0
  #began = Date.now()

  /**
   * @param {Case} which
   * @param {Outcome} outcome
   */
  add({ main, post }, { runs, violations }) {
    this.cases += 1
    this.kills += (main === 0 ? 0 : 1) + (post === 0 ? 0 : 1)
    this.runs += runs
    if (violations.length > 0) this.broken += 1
  }

  /** The figures, in one line. */
  toString() {
    const seconds = Math.round((Date.now() - this.#began) / 1000)
    return `${this.cases} cases, ${this.kills} kills, ${this.runs} runs, ${this.broken} violations in ${seconds} s`
  }
}

/**
 * Describes a case that breaks a promise, with the command that repeats it.
 *
 * @param {Case} which
 * @param {Outcome} outcome
 */
export function describeViolation(which, outcome) {
  return [
    `✗ ${nameCase(which)}`,
    ...describeKills(which, outcome),
    ...outcome.violations.map(({ promise, what }) => `  promise ${promise}: ${what}`),
    `  repeat with: npm run explore -- --only ${nameCase(which)}`,
  ].join('\n')
}

/**
 * Describes one case in full: every effect, and the log.
 *
 * @param {Case} which
 * @param {Outcome} outcome
 */
export function describeCase(which, outcome) {
  const { mainEffects, postEffects, log } = outcome
  const list = (/** @type {string[]} */ effects) =>
    effects.map((effect, index) => `  ${String(index + 1).padStart(3)} ${effect}`)
  return [
    'Effects of main:',
    ...list(mainEffects),
    'Effects of the next process:',
    ...list(postEffects),
    'Log:',
    ...log.map((line) => `  ${line}`),
    '',
    outcome.violations.length > 0 ? describeViolation(which, outcome) : `✓ ${nameCase(which)}`,
  ].join('\n')
}

/**
 * @param {Case} which
 * @param {Outcome} outcome
 */
function describeKills({ main, post }, { mainEffects, postEffects }) {
  return [
    ...(main === 0
      ? []
      : [`  main killed after effect ${main}: ${mainEffects[main - 1] ?? '(none)'}`]),
    ...(post === 0
      ? []
      : [`  post killed after effect ${post}: ${postEffects[post - 1] ?? '(none)'}`]),
  ]
}
