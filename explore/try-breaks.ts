/**
 * Makes each deliberate mistake of `breaks.txt` in a copy of the sources, and looks for it: shows that both engines find
 * some.
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
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What no build, engine or test reads. */
const LEFT_OUT = /\/(?:node_modules|\.git|dist|build)$/

/** A text that occurs exactly once in `src/`, and another in its place. */
interface Break {
  readonly name: string
  readonly find: string
  readonly replacement: string
  /** What must find it: a pair, as `--only` accepts it, the simulation if it takes several steps, or a test. */
  readonly by: string
}

/** Only the breaks whose name contains this. */
const { only } = parseArgs({ options: { only: { type: 'string', default: '' } } }).values
const breaks = readBreaks().filter(({ name }) => name.includes(only))
const began = Date.now()
let found = 0
for (const one of breaks) {
  const what = tryBreak(one)
  if (what !== undefined) found += 1
  process.stdout.write(`- ${one.name}: ${what ?? 'NOT FOUND'} (${one.by})\n`)
}
const seconds = Math.round((Date.now() - began) / 1000)
process.stdout.write(`\n${found} of ${breaks.length} found in ${seconds} s\n`)
process.exitCode = found > 0 && found === breaks.length ? 0 : 1

function readBreaks(): Break[] {
  const text = readFileSync('explore/breaks.txt', 'utf8')
  const parts = text.matchAll(/^# (.*): (.*)\n- (.*)\n((?:\+ .*\n)*)/gm)
  return Array.from(parts, ([, name = '', by = '', find = '', added = '']) => {
    return { name, by, find, replacement: added.replace(/^\+ /gm, '').trimEnd() }
  })
}

/** Returns how a break showed; `undefined` for not at all. */
function tryBreak(one: Break): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'explore-break-'))
  try {
    cpSync(process.cwd(), folder, { recursive: true, filter: (path) => !LEFT_OUT.test(path) })
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'dir')
    breakSources(join(folder, 'src'), one)
    return lookFor(one.by, folder)
  } catch (error) {
    // Go on, so that one run reports everything.
    process.stderr.write(`${one.name}: ${String(error)}\n`)
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function breakSources(src: string, { find, replacement }: Break): void {
  const places = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const parts = readFileSync(join(src, file), 'utf8').split(find)
      return parts.slice(1).map(() => ({ path: join(src, file), text: parts.join(replacement) }))
    })
  const [place, ...others] = places
  if (place === undefined || others.length > 0)
    throw new Error(`"${find}" is not in src exactly once. Update explore/breaks.txt`)
  // A break may leave a name unused, code unreachable, or a type that fits nothing.
  writeFileSync(place.path, `// @ts-nocheck\n${place.text}`)
}

function lookFor(by: string, cwd: string): string | undefined {
  const run = (...args: string[]) => {
    const output = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 })
    return /^(?:Broken promise|Tests: .* failed).*/m.exec(output.stdout + output.stderr)?.[0]
  }
  if (by === 'simulation')
    return run('explore/run.js', '__tests__/simulation/simulate.js', '--seed=1', '--schedules=4000')
  if (by.endsWith('.test.ts'))
    return run('--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--rootDir', '.', by)
  execFileSync(process.execPath, ['scripts/build.js'], { cwd })
  return run('explore/run.js', 'explore/kill.js', '--only', by, '--first')
}
