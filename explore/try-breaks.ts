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
import { BREAKS, type Break } from './breaks.js'
import { type Case, nameCase, readOnly } from './cases.js'
import { setStage } from './kill.js'
import { play } from './play.js'
import { exploreAll } from './schedule.js'

export const HELP = `Makes each deliberate mistake of explore/breaks.ts in a copy of the sources, and explores or
simulates that until a promise is broken.

Usage: npm run explore:breaks -- [options]

  --only TEXT    the breaks whose name contains it (default: all)
`

/** What a build and a runner need. */
const COPIED = ['src', 'scripts', 'package.json', 'tsconfig.json', 'action.yml', 'revoke', 'prune']
/** More than any break needs. */
const MOST_CASES = 150
const MOST_SCHEDULES = 4_000

interface Finding {
  readonly by: string
  readonly promise: string | number
  readonly cases: string | number
}

/** Tries the breaks that the arguments name. Returns the exit code. */
export async function run(args: string[], root: string): Promise<number> {
  const { values } = parseArgs({ args, options: { only: { type: 'string', default: '' } } })
  const chosen = BREAKS.filter(({ name }) => name.includes(values.only))
  const began = Date.now()
  let missed = 0
  process.stdout.write('| break | found by | promise | cases |\n| --- | --- | --- | --- |\n')
  for (const one of chosen) {
    const { by, promise, cases } = await tryBreak(one, root)
    if (promise === '') missed += 1
    process.stdout.write(`| ${[one.name, by, promise, cases].join(' | ')} |\n`)
  }
  const seconds = Math.round((Date.now() - began) / 1000)
  process.stdout.write(`\n${chosen.length - missed} of ${chosen.length} found in ${seconds} s\n`)
  return missed > 0 || chosen.length === 0 ? 1 : 0
}

async function tryBreak(one: Break, root: string): Promise<Finding> {
  const folder = mkdtempSync(join(tmpdir(), 'explore-break-'))
  try {
    for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
    breakSources(join(folder, 'src'), one)
    if (one.by === 'simulation') return simulate(root, join(folder, 'src'))
    if (one.by.endsWith('.test.ts')) return test(one.by, root, folder)
    allowLeftovers(join(folder, 'tsconfig.json'))
    execFileSync(process.execPath, [join(folder, 'scripts', 'build.js')], { stdio: 'inherit' })
    return await explore(one.by, root, folder)
  } catch (error) {
    // Go on, so that one run reports everything.
    process.stderr.write(`${one.name}: ${String(error)}\n`)
    return { by: 'NOT TRIED', promise: '', cases: 0 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Applies a break to the only place it matches. Throws if there is none, or more than one. */
function breakSources(src: string, { name, find, replacement }: Break): void {
  const places = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({
      path: join(src, file),
      parts: readFileSync(join(src, file), 'utf8').split(find),
    }))
    .filter(({ parts }) => parts.length > 1)
  const [place, ...others] = places
  if (place === undefined || others.length > 0 || place.parts.length > 2) {
    throw new Error(
      `The break "${name}" does not apply any more: "${find}" is not in src exactly once. Update it in explore/breaks.ts`,
    )
  }
  writeFileSync(place.path, place.parts.join(replacement))
}

/** Looks for a break with steps in parallel, which the explorer does not run. */
function simulate(root: string, src: string): Finding {
  const options = ['simulate', '--seed', '1', '--schedules', String(MOST_SCHEDULES), '--src', src]
  const script = join(root, 'explore', 'run.js')
  const { stdout } = spawnSync(process.execPath, [script, ...options], { encoding: 'utf8' })
  const [, promise = ''] = /^promise (\d+): /m.exec(stdout) ?? []
  const [, cases = 0] = /^(\d+) schedules from/m.exec(stdout) ?? []
  return { by: promise === '' ? 'NOT FOUND' : 'the simulation', promise, cases }
}

/** Runs a test of the sources against the copy. */
function test(path: string, root: string, folder: string): Finding {
  for (const name of ['__tests__', 'jest.config.js'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js')
  const options = ['--experimental-vm-modules', jest, '--rootDir', folder, path]
  const { status } = spawnSync(process.execPath, options, { cwd: folder })
  return {
    by: status === 0 ? 'NOT FOUND' : `\`${path}\``,
    promise: status === 0 ? '' : 5,
    cases: 1,
  }
}

/** A break may leave a name unused or code unreachable. */
function allowLeftovers(path: string): void {
  const config = JSON.parse(readFileSync(path, 'utf8'))
  Object.assign(config.compilerOptions, {
    noUnusedLocals: false,
    noUnusedParameters: false,
    allowUnreachableCode: true,
  })
  writeFileSync(path, JSON.stringify(config))
}

/** Explores what `only` names, a pair as `--only` accepts it, until a promise is broken. */
async function explore(only: string, root: string, actionDir: string): Promise<Finding> {
  const stage = setStage(root, actionDir)
  let cases = 0
  let found: Omit<Finding, 'cases'> = { by: 'NOT FOUND', promise: '' }
  const playCase = async (which: Case) => {
    const outcome = await play(which, stage)
    cases += 1
    const [violation] = outcome.violations
    if (violation !== undefined && found.promise === '') {
      found = { by: `\`${nameCase(which)}\``, promise: violation.promise }
    }
    return outcome
  }
  const read = readOnly(only)
  const isTime = () => found.promise !== '' || cases >= MOST_CASES
  await exploreAll('pairs' in read ? read.pairs : [], playCase, availableParallelism(), isTime)
  return { ...found, cases }
}
