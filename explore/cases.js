import { CONFIGURATIONS } from './configurations.js'
import { listPlans } from './fault-plans.js'

/** @import { Case, Pair } from './types.ts' */

/**
 * Names a pair, as the first part of its cases' names.
 *
 * @param {Pair} pair
 */
export function namePair({ configuration, plan }) {
  return `${configuration.name}/${plan.name}`
}

/**
 * Names a case, as `--only` accepts it.
 *
 * @param {Case} which
 */
export function nameCase(which) {
  const { main, post } = which
  return [
    namePair(which),
    ...(main === 0 ? [] : [`main@${main}`]),
    ...(post === 0 ? [] : [`post@${post}`]),
  ].join('/')
}

/** @returns {Pair[]} */
export function listPairs() {
  return CONFIGURATIONS.flatMap((configuration) =>
    listPlans(configuration).map((plan) => ({ configuration, plan })),
  )
}

/**
 * Parses the value of `--only`: one case, or the pairs of a configuration with one plan or all.
 *
 * @param {string} text
 * @returns {{ which: Case } | { pairs: Pair[] }}
 */
export function readOnly(text) {
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
