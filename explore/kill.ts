import { availableParallelism } from 'node:os'
import { type Case, nameCase, type Outcome, type Pair, readOnly } from './cases.js'
import { describeViolations } from './oracle.js'
import { play } from './play.js'
import { createRandom } from './random.js'

/** A sample tries one in so many kills of a process. */
const SAMPLED = 16

/** The options that `run.js` lists. */
interface Options {
  readonly seconds: number
  readonly seed: number
  readonly all: boolean
  readonly only: string
  readonly first: boolean
}

/** Explores as the options say. Returns the exit code. */
export async function run(options: Options, root: string): Promise<number> {
  const { seconds, seed, all, only, first } = options
  const cases = readOnly(only)
  const isOneCase = cases.some(({ main, post }) => main + post > 0)
  const isSample = !all && only === ''
  const began = Date.now()
  let played = 0
  let broken = 0
  const playCase = async (which: Case) => {
    const outcome = await play(which, root)
    played += 1
    if (isOneCase) print([...outcome.mainEffects, '', ...outcome.postEffects, '', ...outcome.log])
    if (outcome.violations.length > 0) {
      broken += 1
      print([`✗ ${nameCase(which)}`, describe(which, outcome)])
    }
    return outcome
  }
  const isOver = () => (first && broken > 0) || (isSample && Date.now() - began >= seconds * 1000)
  if (isOneCase) for (const which of cases) await playCase(which)
  else await explore(cases, playCase, isOver, isSample ? createRandom(seed) : undefined)
  const what = isSample ? `A sample (seed ${seed}) of ${cases.length} pairs` : 'Everything'
  const time = Math.round((Date.now() - began) / 1000)
  print([`${what}: ${played} cases, ${broken} violations in ${time} s`])
  return broken > 0 ? 1 : 0
}

/**
 * Plays each kill of main, and for each new situation after it, each kill of post, which depends on nothing else: as
 * many cases at a time as there are cores, until everything is played or it is over. A sample, which draws numbers
 * below 1, goes through the pairs in an order of its own, with some kills of each.
 */
async function explore(
  pairs: readonly Pair[],
  playCase: (which: Case) => Promise<Outcome>,
  isOver: () => boolean,
  draw: (() => number) | undefined,
): Promise<void> {
  const order = pairs.map((pair) => ({ pair, at: draw?.() ?? 0 }))
  const tasks = order.sort((one, other) => one.at - other.at).map(({ pair }) => explorePair(pair))
  const busy = new Set<Promise<unknown>>()
  const work = async () => {
    while (!isOver() && tasks.length + busy.size > 0) {
      // A sample finishes one pair before the next.
      const task = draw ? tasks.pop() : tasks.shift()
      // One that is being played may add some.
      if (task === undefined) await Promise.race(busy)
      else {
        const done = task()
        busy.add(done)
        await done
        busy.delete(done)
      }
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))

  function explorePair(pair: Pair): () => Promise<unknown> {
    const situations = new Set<string>()
    const add = (effects: readonly string[], kill: (effect: number) => () => Promise<unknown>) => {
      for (const [index] of effects.entries())
        if (draw === undefined || draw() * SAMPLED < 1) tasks.push(kill(index + 1))
    }
    const killMain = (main: number) => async () => {
      const outcome = await playCase({ ...pair, main, post: 0 })
      if (main === 0 && !outcome.applies) return
      if (main === 0) add(outcome.mainEffects, killMain)
      if (situations.has(outcome.situation)) return
      situations.add(outcome.situation)
      add(outcome.postEffects, (post) => () => playCase({ ...pair, main, post }))
    }
    return killMain(0)
  }
}

function describe(which: Case, { violations, mainEffects, postEffects }: Outcome): string {
  const kills = [
    ['main', mainEffects[which.main - 1]],
    ['post', postEffects[which.post - 1]],
  ].flatMap(([stage, effect]) => (effect === undefined ? [] : `${stage} killed after: ${effect}`))
  return describeViolations(violations, kills, `explore -- --only ${nameCase(which)}`)
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
