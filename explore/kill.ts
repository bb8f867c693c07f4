import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type Case,
  describeCase,
  describeViolation,
  listPairs,
  namePair,
  readOnly,
} from './cases.js'
import { play, type Stage } from './play.js'
import { exploreAll, exploreSome } from './schedule.js'

export const HELP = `Kills the built action after each of its effects, and checks what remains.

Usage: npm run explore -- [options]

  --seconds N    explore a sample for this long (default: 60)
  --seed N       which sample (default: 1)
  --all          explore every case
  --only CASE    one case, as a violation names it, or all of one configuration, with one plan or all:
                 create-own, create-own/create-lost, create-own/create-lost/main@12/post@3
  --list         list configurations and plans
  --workers N    how many cases to run in parallel (default: the number of cores)
  --help         show this text

BUNDLE_NODE names the Node.js that runs the action; by default it is the one that runs this.
`

/** The stage for the action in a folder; `root` is that of this repository. */
export function setStage(root: string, actionDir: string): Stage {
  const node = process.env['BUNDLE_NODE'] || process.execPath
  return { actionDir, node, hook: join(root, 'explore', 'count-effects.cjs') }
}

/** Explores as the arguments say. Returns the exit code. */
export async function run(args: string[], root: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      all: { type: 'boolean', default: false },
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  })
  if (values.list) return print(listPairs().map(namePair).join('\n'))
  const stage = setStage(root, root)
  const only = values.only === undefined ? { pairs: listPairs() } : readOnly(values.only)
  if ('which' in only) {
    const outcome = await play(only.which, stage)
    print(describeCase(only.which, outcome))
    return outcome.violations.length > 0 ? 1 : 0
  }

  const began = Date.now()
  const tally = { cases: 0, kills: 0, runs: 0, broken: 0 }
  const playCase = async (which: Case) => {
    const outcome = await play(which, stage)
    tally.cases += 1
    tally.kills += Number(which.main !== 0) + Number(which.post !== 0)
    tally.runs += outcome.runs
    if (outcome.violations.length > 0) {
      tally.broken += 1
      print(describeViolation(which, outcome))
    }
    return outcome
  }
  const workers = readNumber(values.workers, 'workers')
  const { pairs } = only
  const isAll = values.all || values.only !== undefined
  const seed = readNumber(values.seed, 'seed')
  const end = began + readNumber(values.seconds, 'seconds') * 1000
  if (isAll) await exploreAll(pairs, playCase, workers, () => false)
  else await exploreSome(pairs, playCase, workers, () => Date.now() >= end, seed)
  const what = isAll ? 'Everything' : `A sample (seed ${seed}) of ${pairs.length} pairs`
  const { cases, kills, runs, broken } = tally
  const seconds = Math.round((Date.now() - began) / 1000)
  print(
    `${what}: ${cases} cases, ${kills} kills, ${runs} runs, ${broken} violations in ${seconds} s`,
  )
  return broken > 0 ? 1 : 0
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function readNumber(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
    throw new TypeError(`--${option} must be a whole number, 1 or more, not "${text}"`)
  }
  return Number(text)
}
