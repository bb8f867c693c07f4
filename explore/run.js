/**
 * Two engines that look for broken promises, and a check that both find some:
 *
 *     npm run explore           kills the built action after each of its effects
 *     npm run simulate          plays steps side by side over simulated services
 *     npm run explore:breaks    breaks the sources on purpose
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compile } from './compile.js'

const COMMANDS = /** @type {const} */ ({
  explore: 'explore/kill.js',
  simulate: '__tests__/simulation/simulate.js',
  breaks: 'explore/try-breaks.js',
})

const root = join(import.meta.dirname, '..')
const [command = '', ...args] = process.argv.slice(2)
const module = Object.entries(COMMANDS).find(([name]) => name === command)?.[1]
if (module === undefined) throw new Error(`Usage: ${Object.keys(COMMANDS).join(', ')}`)
const at = args.indexOf('--src')
const [, src = join(root, 'src')] = at === -1 ? [] : args.splice(at, 2)
const folder = compile(root, src)
try {
  /** @type {{ HELP: string, run: (args: string[], root: string) => Promise<number> }} */
  const { HELP, run } = await import(pathToFileURL(join(folder, module)).href)
  if (args.includes('--help')) process.stdout.write(HELP)
  else process.exitCode = await run(args, root)
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
} finally {
  rmSync(folder, { recursive: true, force: true })
}
