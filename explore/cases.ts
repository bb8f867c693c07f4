import { FAULT_PLANS, type FaultPlan } from './fault-plans.js'
import type { Violation } from './oracle.js'
import { CONFIGURATIONS, type Configuration } from './scenarios.js'

export interface Pair {
  readonly configuration: Configuration
  readonly plan: FaultPlan
}

/** One case: which process is killed after which of its effects, counted from 1; 0 for not at all. */
export interface Case extends Pair {
  readonly main: number
  readonly post: number
}

export interface Outcome {
  readonly violations: readonly Violation[]
  /** Whether all faults of the plan struck. */
  readonly applies: boolean
  /** Of the main step, and of the post step after it, or of the second run of an action without one. */
  readonly effects: readonly (readonly string[])[]
  /** Everything that the post step could see: it does the same in the same one. */
  readonly situation: string
  /** The log of all of them, as a runner shows it. */
  readonly log: readonly string[]
}

/** Every configuration with every plan that may apply to it: only the root action has a post step. */
export function listPairs(): Pair[] {
  return CONFIGURATIONS.flatMap((configuration) => {
    const { action, places } = configuration
    return FAULT_PLANS.filter(({ ending, empty }) => {
      if (empty === 'github_token' && places.length === 0) return false
      // Without a journal, post cannot know what main did after the runner had read its state.
      if (ending === 'container' && configuration.hasNoTemp) return false
      return action === 'create' || (ending ?? empty) === undefined
    }).map((plan) => ({ configuration, plan }))
  })
}

/** Names a case, as `--only` accepts it. */
export function nameCase({ configuration, plan, main, post }: Case): string {
  const kills = Object.entries({ main, post }).filter(([, effect]) => effect !== 0)
  return [configuration.name, plan.name, ...kills.map((kill) => kill.join('@'))].join('/')
}

/** Parses the value of `--only`: one case, or all pairs of a configuration, or all, without kills. */
export function readOnly(text: string): Case[] {
  const [, path = '', main = 0, post = 0] =
    /^(.*?)(?:\/main@(\d+))?(?:\/post@(\d+))?$/.exec(text) ?? []
  const cases = listPairs()
    .filter(({ configuration, plan }) =>
      `${configuration.name}/${plan.name}/`.startsWith(path && `${path}/`),
    )
    .map((pair) => ({ ...pair, main: Number(main), post: Number(post) }))
  if (cases.length > 0) return cases
  const names = [CONFIGURATIONS, FAULT_PLANS].map((all) => all.map(({ name }) => name).join(', '))
  throw new TypeError(`There is no case ${text}. Configurations: ${names[0]}. Plans: ${names[1]}`)
}
