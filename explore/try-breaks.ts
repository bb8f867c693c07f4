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
import { join } from 'node:path'

/** What no build, engine or test reads. */
const LEFT_OUT = /\/(?:node_modules|\.git|dist|build)$/

/** A deliberate mistake in the sources: a text that occurs exactly once in `src/`, and another in its place. */
interface Break {
  readonly name: string
  readonly find: string
  readonly replacement: string
  /** What must find it: a pair, as `--only` accepts it, the simulation if it takes several steps, or a test. */
  readonly by: string
}

/** Tries the breaks whose name contains `only`. Returns the exit code. */
export async function run({ only }: { readonly only: string }, root: string): Promise<number> {
  const text = readFileSync(join(root, 'explore', 'breaks.txt'), 'utf8')
  const breaks = readBreaks(text).filter(({ name }) => name.includes(only))
  const began = Date.now()
  let found = 0
  process.stdout.write('| break | found by | promise | cases |\n| --- | --- | --- | --- |\n')
  for (const one of breaks) {
    const row = tryBreak(one, root)
    if (row !== undefined) found += 1
    process.stdout.write(`| ${one.name} | ${row ?? `NOT FOUND by ${one.by}`} |\n`)
  }
  const seconds = Math.round((Date.now() - began) / 1000)
  process.stdout.write(`\n${found} of ${breaks.length} found in ${seconds} s\n`)
  return found > 0 && found === breaks.length ? 0 : 1
}

function readBreaks(text: string): Break[] {
  return text.split(/^# /m).flatMap((part) => {
    const [, name, by] = /^(.*): (.*)\n/.exec(part) ?? []
    const [find, replacement] = ['-', '+'].map((sign) => {
      const lines = part.split('\n').filter((line) => line.startsWith(sign))
      return lines.map((line) => line.slice(2)).join('\n')
    })
    if (!name || !by || !find || replacement === undefined) return []
    return { name, by, find, replacement }
  })
}

/** Returns what found a break, for the table; `undefined` for nothing. */
function tryBreak(one: Break, root: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'explore-break-'))
  try {
    cpSync(root, folder, { recursive: true, filter: (path) => !LEFT_OUT.test(path) })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
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

function lookFor(by: string, folder: string): string | undefined {
  const play = (...args: string[]) => runNode([join('explore', 'run.js'), ...args], folder)
  if (by.endsWith('.test.ts')) {
    const jest = join('node_modules', 'jest', 'bin', 'jest.js')
    const { stderr } = runNode(['--experimental-vm-modules', jest, '--rootDir', '.', by], folder)
    return /^Tests: .* failed/m.test(stderr) ? `\`${by}\` | | 1` : undefined
  }
  const isParallel = by === 'simulation'
  if (!isParallel) execFileSync(process.execPath, [join(folder, 'scripts', 'build.js')])
  const { stdout } = isParallel
    ? play('simulate', '--seed', '1', '--schedules', '4000')
    : play('explore', '--only', by, '--first')
  const [, promise] = /^Broken promise \((.+?)\): /m.exec(stdout) ?? []
  const [, cases] = /(\d+) (?:schedules|cases)/.exec(stdout) ?? []
  const [, where = by] = /--only (\S+)$/m.exec(stdout) ?? []
  return promise && `\`${where}\` | ${promise} | ${cases}`
}

function runNode(args: readonly string[], cwd: string): { stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 })
}
