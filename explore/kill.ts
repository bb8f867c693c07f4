/**
 * Kills the built action after each of its effects, and checks what remains. `BUNDLE_NODE` names the Node.js that
 * runs it.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Case, nameCase, type Outcome, type Pair, readOnly } from './cases.js'
import { describeViolations } from './oracle.js'
import { play } from './play.js'
import { createRandom } from './random.js'

/** A sample tries one in so many kills of a process. */
const SAMPLED = 16

const { seconds, seed, all, only, first } = parseArgs({
  options: {
    /** For how long a sample is explored, and which one. */
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    /** Explores a case, or all of a pair or a configuration: `create-own/create-lost/main@12/post@3`. */
    only: { type: 'string', default: '' },
    /** Stops at the first violation. */
    first: { type: 'boolean', default: false },
  },
}).values
const isSample = !all && only === ''
const random = createRandom(Number(seed))
const began = Date.now()
let played = 0
let broken = 0

const cases = readOnly(only)
if (cases.some(({ main, post }) => main + post > 0)) {
  for (const which of cases) {
    const { effects, log } = await playCase(which)
    print(...effects.flatMap((lines) => [...lines, '']), ...log)
  }
} else {
  const order = cases.map((pair) => ({ pair, at: random() }))
  for (const { pair } of order.sort((one, other) => one.at - other.at)) await explore(pair)
}
const what = isSample ? `A sample (seed ${seed}) of ${cases.length} pairs` : 'Everything'
const time = Math.round((Date.now() - began) / 1000)
print(`${what}: ${played} cases, ${broken} violations in ${time} s`)
process.exitCode = broken > 0 ? 1 : 0

/**
 * Plays each kill of main, and for each new situation after it, each kill of post, which depends on nothing else: as
 * many cases at a time as there are cores.
 */
async function explore(pair: Pair): Promise<void> {
  const situations = new Set<string>()
  const tasks: (() => Promise<unknown>)[] = []
  const killMain = async (main: number) => {
    const outcome = await playCase({ ...pair, main, post: 0 })
    if (main === 0 && !outcome.applies) return
    const [ofMain, ofPost] = outcome.effects.map(chooseKills)
    if (main === 0) tasks.push(...(ofMain ?? []).map((at) => () => killMain(at)))
    if (situations.has(outcome.situation)) return
    situations.add(outcome.situation)
    tasks.push(...(ofPost ?? []).map((post) => () => playCase({ ...pair, main, post })))
  }
  const work = async () => {
    for (let task = tasks.shift(); task !== undefined && !isOver(); task = tasks.shift())
      await task()
  }
  if (!isOver()) await killMain(0)
  await Promise.all(Array.from({ length: availableParallelism() }, work))
}

function isOver(): boolean {
  return (first && broken > 0) || (isSample && Date.now() - began >= Number(seconds) * 1000)
}

function chooseKills(effects: readonly string[]): number[] {
  return effects.flatMap((_, index) => (isSample && random() * SAMPLED >= 1 ? [] : index + 1))
}

async function playCase(which: Case): Promise<Outcome> {
  const outcome = await play(which)
  const { violations, effects } = outcome
  played += 1
  if (violations.length === 0) return outcome
  broken += 1
  const kills = (['main', 'post'] as const).flatMap((stage, index) => {
    const effect = effects[index]?.[which[stage] - 1]
    return effect === undefined ? [] : `${stage} killed after: ${effect}`
  })
  const name = nameCase(which)
  print(`✗ ${name}`, describeViolations(violations, kills, `explore -- --only ${name}`))
  return outcome
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
