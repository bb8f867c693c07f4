/**
 * Checks that the explorer and the simulation find mistakes: applies each one of `breaks.js` to a copy of the sources,
 * and explores or simulates that until a promise is broken.
 *
 *     npm run explore:breaks
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BREAKS } from './breaks.js'
import { nameCase, readOnly } from './cases.js'
import { play } from './play.js'
import { exploreAll } from './schedule.js'

/** @import { Break, Case } from './types.ts' */

const ROOT = join(import.meta.dirname, '..')
/** What a build and a runner need. */
const COPIED = ['src', 'scripts', 'package.json', 'tsconfig.json', 'action.yml', 'revoke', 'prune']
/** More cases than any break needs. */
const MOST_CASES = 150

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const chosen = BREAKS.filter(({ name }) => name.includes(values.only))
const node = process.env['BUNDLE_NODE'] || process.execPath
const began = Date.now()
let missed = 0
process.stdout.write('| break | found by | promise | cases |\n| --- | --- | --- | --- |\n')
for (const one of chosen) {
  const { cells, isFound } = await tryBreak(one)
  if (!isFound) missed += 1
  process.stdout.write(`| ${[one.name, ...cells].join(' | ')} |\n`)
}
const seconds = Math.round((Date.now() - began) / 1000)
process.stdout.write(`\n${chosen.length - missed} of ${chosen.length} found in ${seconds} s\n`)
if (missed > 0 || chosen.length === 0) process.exitCode = 1

/**
 * @param {Break} one
 * @returns {Promise<{ cells: (string | number)[], isFound: boolean }>}
 */
async function tryBreak(one) {
  const folder = mkdtempSync(join(tmpdir(), 'explore-break-'))
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir')
    breakSources(join(folder, 'src'), one)
    if (one.schedules !== undefined) return simulate(one.schedules, join(folder, 'src'))
    allowLeftovers(join(folder, 'tsconfig.json'))
    execFileSync(process.execPath, [join(folder, 'scripts', 'build.js')], { stdio: 'inherit' })
    const { by, violation, cases } = await findViolation(one, folder)
    return violation === undefined
      ? { cells: ['NOT FOUND', '', cases], isFound: false }
      : { cells: [`\`${by}\``, violation.promise, cases], isFound: true }
  } catch (error) {
    // Go on, so that one run reports everything.
    process.stderr.write(`${one.name}: ${String(error)}\n`)
    return { cells: ['NOT TRIED', '', 0], isFound: false }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Applies a break to the only place it matches. Throws if there is none, or more than one.
 *
 * @param {string} src
 * @param {Break} one
 */
function breakSources(src, { name, find, replacement }) {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ path: join(src, file), text: readFileSync(join(src, file), 'utf8') }))
  const places = files.flatMap(({ path, text }) =>
    text
      .split(find)
      .slice(1)
      .map(() => path),
  )
  const [place, ...others] = places
  if (place === undefined || others.length > 0) {
    throw new Error(
      `The break "${name}" does not apply any more: src contains "${find}" ${places.length} times. Update it in explore/breaks.js`,
    )
  }
  const text = readFileSync(place, 'utf8')
  writeFileSync(
    place,
    text.replace(find, () => replacement),
  )
}

/**
 * Looks for a break with steps in parallel, which the explorer does not run.
 *
 * @param {number} schedules
 * @param {string} src
 */
function simulate(schedules, src) {
  const script = join(ROOT, '__tests__', 'simulation', 'simulate.js')
  const options = ['--seed', '1', '--schedules', String(schedules), '--src', src]
  const { stdout } = spawnSync(process.execPath, [script, ...options], { encoding: 'utf8' })
  const [, promise] = /^promise (\d+): /m.exec(stdout) ?? []
  const [, played = 0] = /^(\d+) schedules from/m.exec(stdout) ?? []
  return promise === undefined
    ? { cells: ['NOT FOUND', '', played], isFound: false }
    : { cells: ['the simulation', promise, played], isFound: true }
}

/**
 * A break may leave a name unused or code unreachable.
 *
 * @param {string} path
 */
function allowLeftovers(path) {
  const config = JSON.parse(readFileSync(path, 'utf8'))
  Object.assign(config.compilerOptions, {
    noUnusedLocals: false,
    noUnusedParameters: false,
    allowUnreachableCode: true,
  })
  writeFileSync(path, JSON.stringify(config))
}

/**
 * @param {Break} one
 * @param {string} actionDir
 */
async function findViolation({ only }, actionDir) {
  let cases = 0
  /** @type {{ by: string, violation: import('./types.ts').Violation } | undefined} */
  let found
  const playCase = async (/** @type {Case} */ which) => {
    const outcome = await play(which, { actionDir, node })
    cases += 1
    const [violation] = outcome.violations
    if (violation !== undefined) found ??= { by: nameCase(which), violation }
    return outcome
  }
  const pairs = only.flatMap((text) => {
    const read = readOnly(text)
    return 'pairs' in read ? read.pairs : []
  })
  const isTime = () => found !== undefined || cases >= MOST_CASES
  await exploreAll(pairs, playCase, availableParallelism(), isTime)
  return { ...found, cases }
}
