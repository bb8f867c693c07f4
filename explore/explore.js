/**
 * Kills the built action after every single effect, and checks its promises against the state of the two services:
 *
 *     npm run explore                      # about a minute, spread evenly
 *     npm run explore -- --all             # every case
 *     npm run explore -- --only create-own/create-lost/main@12
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { listPairs, namePair, readOnly } from './cases.js'
import { play } from './play.js'
import { describeCase, describeViolation, Tally } from './report.js'
import { exploreAll, exploreSome } from './schedule.js'

/** @import { Case } from './types.ts' */

const HELP = `Kills the built action after each of its effects, and checks what remains.

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

try {
  process.exitCode = await explore()
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

/** @returns {Promise<number>} The exit code. */
async function explore() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      all: { type: 'boolean', default: false },
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      workers: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return print(HELP)
  if (values.list) return print(`${listPairs().map(namePair).join('\n')}\n`)
  const stage = {
    actionDir: join(import.meta.dirname, '..'),
    node: process.env['BUNDLE_NODE'] || process.execPath,
  }
  const only = values.only === undefined ? { pairs: listPairs() } : readOnly(values.only)
  if ('which' in only) {
    const outcome = await play(only.which, stage)
    print(`${describeCase(only.which, outcome)}\n`)
    return outcome.violations.length > 0 ? 1 : 0
  }

  const tally = new Tally()
  const playCase = async (/** @type {Case} */ which) => {
    const outcome = await play(which, stage)
    tally.add(which, outcome)
    if (outcome.violations.length > 0) print(`${describeViolation(which, outcome)}\n`)
    return outcome
  }
  const workers = readNumber(values.workers, 'workers')
  const { pairs } = only
  if (values.all || values.only !== undefined) {
    await exploreAll(pairs, playCase, workers, () => false)
    print(`Everything: ${tally}\n`)
  } else {
    const seed = readNumber(values.seed, 'seed')
    const end = Date.now() + readNumber(values.seconds, 'seconds') * 1000
    await exploreSome(pairs, playCase, workers, () => Date.now() >= end, seed)
    print(`A sample (seed ${seed}) of ${pairs.length} configurations with plans: ${tally}\n`)
  }
  return tally.broken > 0 ? 1 : 0
}

/** @param {string} text */
function print(text) {
  process.stdout.write(text)
  return 0
}

/**
 * @param {string} text
 * @param {string} option
 */
function readNumber(text, option) {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
    throw new TypeError(`--${option} must be a whole number, 1 or more, not "${text}"`)
  }
  return Number(text)
}
