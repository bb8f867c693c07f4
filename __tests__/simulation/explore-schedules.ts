import * as fc from 'fast-check'
import { play } from './play.js'
import { scenarios } from './scenario.js'
import { World } from './world.js'

/** The result of many schedules. */
export interface Exploration {
  readonly schedules: number
  /** The smallest schedule that broke a promise. */
  readonly found:
    | {
        readonly seed: number
        readonly path: string
        readonly violations: readonly string[]
        readonly scenario: string
        readonly log: readonly string[]
      }
    | undefined
}

/** Plays this many schedules of a seed, or only the one at `path`, until one breaks a promise. */
export async function exploreSchedules(
  seed: number,
  schedules: number,
  path: string | undefined,
): Promise<Exploration> {
  const property = fc.asyncProperty(orders, scenarios, async (order, scenario) => {
    const { violations } = await play(scenario, new World(createScheduler(order)))
    if (violations.length > 0) throw new Error(violations.map(({ what }) => what).join('\n'))
  })
  const parameters = { seed, numRuns: schedules, ...(path !== undefined && { path }) }
  const { failed, counterexample, counterexamplePath, numRuns } = await fc.check(
    property,
    parameters,
  )
  if (!failed || counterexample === null) return { schedules: numRuns, found: undefined }
  const [order, scenario] = counterexample
  const { violations, story } = await play(scenario, new World(createScheduler(order)))
  return {
    schedules: numRuns,
    found: {
      seed,
      path: counterexamplePath ?? '',
      violations: violations.map(({ promise, what }) => `promise ${promise}: ${what}`),
      scenario: fc.stringify(scenario),
      log: story.steps.flatMap(({ name, runs }) =>
        runs.flatMap(({ stage, endedBy, lines }) => [
          `${name}, ${stage} (ended by ${endedBy}):`,
          ...lines.map((line) => `  ${line}`),
        ]),
      ),
    },
  }
}

/** A number for each order of turns. */
const orders = fc.noShrink(fc.nat())

/** The same one each time: a clone of fast-check's scheduler goes on where the former clone ended. */
function createScheduler(order: number): fc.Scheduler {
  const [scheduler] = fc.sample(fc.scheduler(), { seed: order, numRuns: 1 })
  if (scheduler === undefined) throw new Error('fast-check generated no scheduler')
  return scheduler
}
