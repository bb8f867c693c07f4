import { beforeAll, describe, test } from '@jest/globals'

/** How many scenarios run in parallel: most of them wait for child processes. */
const MOST_AT_ONCE = 6

/** Ends only what hangs. */
const LONGEST_FILE_MS = 600_000

type Play = () => Promise<void>

interface Scenario {
  readonly play: Play
  /** Throws the error of the play, if there was one. */
  report: () => void
}

/** All of one test file: Jest loads this module anew for each. */
const scenarios: Scenario[] = []
let played: Promise<void> | undefined

/**
 * Describes scenarios, each as a test; those of a file run in parallel. Not with `test.concurrent`, under which Jest
 * lets no code load a module, as the sandbox does for its first sealed box.
 */
export function describeTogether(
  subject: string,
  collect: (scenario: (title: string, play: Play) => void) => void,
): void {
  describe(subject, () => {
    beforeAll(() => {
      played ??= playAll()
      return played
    }, LONGEST_FILE_MS)

    collect((title, play) => {
      const scenario: Scenario = { play, report: failAsNotPlayed }
      scenarios.push(scenario)
      test(title, () => scenario.report())
    })
  })
}

async function playAll(): Promise<void> {
  const waiting = [...scenarios]
  const playOn = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await playOne(next)
  }
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, playOn))
}

async function playOne(scenario: Scenario): Promise<void> {
  try {
    await scenario.play()
    scenario.report = () => undefined
  } catch (error) {
    scenario.report = () => {
      throw error
    }
  }
}

function failAsNotPlayed(): never {
  throw new Error('The scenario was not played to its end')
}
