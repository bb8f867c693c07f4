import { FAULT_PLANS, type FaultPlan } from './fault-plans.js'
import type { Violation } from './oracle.js'
import { CONFIGURATIONS, type Configuration } from './scenarios.js'

/** A configuration with a plan that applies to it. */
export interface Pair {
  readonly configuration: Configuration
  readonly plan: FaultPlan
}

/** One case: which process is killed after which of its effects, counted from 1; 0 for not at all. */
export interface Case extends Pair {
  readonly main: number
  readonly post: number
}

/** The outcome of a case. */
export interface Outcome {
  readonly violations: readonly Violation[]
  /** Of the main step. */
  readonly mainEffects: readonly string[]
  /** Of the post step after it, or of the second run of an action without one. */
  readonly postEffects: readonly string[]
  /** A digest of everything that the post step could see: it does the same for the same digest. */
  readonly situation: string
  /** Processes started. */
  readonly runs: number
  /** The log of all of them, as a runner shows it. */
  readonly log: readonly string[]
}

/** Names a pair, as the first part of its cases' names. */
export function namePair({ configuration, plan }: Pair): string {
  return `${configuration.name}/${plan.name}`
}

/** Names a case, as `--only` accepts it. */
export function nameCase(which: Case): string {
  const kills = (['main', 'post'] as const).filter((stage) => which[stage] !== 0)
  return [namePair(which), ...kills.map((stage) => `${stage}@${which[stage]}`)].join('/')
}

/** Every configuration with every plan that applies to it. */
export function listPairs(): Pair[] {
  return CONFIGURATIONS.flatMap((configuration) =>
    FAULT_PLANS.filter(({ needs }) =>
      needs.every((need) => configuration.traits.includes(need)),
    ).map((plan) => ({ configuration, plan })),
  )
}

/** Parses the value of `--only`: one case, or the pairs of a configuration with one plan or all. */
export function readOnly(text: string): { which: Case } | { pairs: Pair[] } {
  const [configuration = '', plan, ...kills] = text.split('/')
  const pairs = listPairs().filter(
    (pair) =>
      pair.configuration.name === configuration && (plan === undefined || pair.plan.name === plan),
  )
  const [pair] = pairs
  if (pair === undefined)
    throw new TypeError(`There is no case ${text}; use --list to see all configurations and plans`)
  if (kills.length === 0) return { pairs }
  const which = { ...pair, main: 0, post: 0 }
  for (const kill of kills) {
    const [, stage, count] = /^(main|post)@(\d+)$/.exec(kill) ?? []
    if (stage !== 'main' && stage !== 'post') throw new TypeError(`${kill} is not main@N or post@N`)
    which[stage] = Number(count)
  }
  return { which }
}

/** Describes a case that breaks a promise, with the command that repeats it. */
export function describeViolation(which: Case, outcome: Outcome): string {
  const kills = (['main', 'post'] as const).filter((stage) => which[stage] !== 0)
  return [
    `✗ ${nameCase(which)}`,
    ...kills.map((stage) => {
      const effect = outcome[`${stage}Effects`][which[stage] - 1] ?? '(none)'
      return `  ${stage} killed after effect ${which[stage]}: ${effect}`
    }),
    ...outcome.violations.map(({ promise, what }) => `  promise ${promise}: ${what}`),
    `  repeat with: npm run explore -- --only ${nameCase(which)}`,
  ].join('\n')
}

/** Describes one case in full: every effect, and the log. */
export function describeCase(which: Case, outcome: Outcome): string {
  const list = (effects: readonly string[]) =>
    effects.map((effect, index) => `  ${String(index + 1).padStart(3)} ${effect}`)
  return [
    'Effects of main:',
    ...list(outcome.mainEffects),
    'Effects of the next process:',
    ...list(outcome.postEffects),
    'Log:',
    ...outcome.log.map((line) => `  ${line}`),
    '',
    outcome.violations.length > 0 ? describeViolation(which, outcome) : `✓ ${nameCase(which)}`,
  ].join('\n')
}
