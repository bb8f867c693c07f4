import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { compile } from './compile.js'

/**
 * Two engines that look for broken promises, and a check that both find some.
 *
 * @type {Record<string, { module: string, does: string, options: Record<string, [standard: string | number | boolean, does: string]> }>}
 */
const COMMANDS = {
  explore: {
    module: 'explore/kill.js',
    does: 'Kills the built action after each of its effects, and checks what remains. BUNDLE_NODE names the Node.js that runs it.',
    options: {
      seconds: [60, 'explore a sample for this long'],
      seed: [1, 'which sample'],
      all: [false, 'explore every case'],
      only: [
        '',
        'a case, or all of a pair or a configuration: create-own/create-lost/main@12/post@3',
      ],
      first: [false, 'stop at the first violation'],
    },
  },
  simulate: {
    module: '__tests__/simulation/simulate.js',
    does: 'Plays jobs of parallel steps over simulated services, and judges what is left.',
    options: {
      schedules: [100_000, 'how many'],
      seed: [Date.now() % 1_000_000, 'which; another one each time by default'],
      path: ['', 'only one of a seed, as a violation names it'],
    },
  },
  breaks: {
    module: 'explore/try-breaks.js',
    does: 'Makes each deliberate mistake of explore/breaks.txt in a copy of the sources, and looks for it.',
    options: { only: ['', 'the breaks whose name contains this'] },
  },
}

const root = join(import.meta.dirname, '..')
const [name = '', ...args] = process.argv.slice(2)
const command = COMMANDS[name]
if (command === undefined) throw new Error(`Usage: ${Object.keys(COMMANDS).join(', ')}`)
const folder = compile(root)
try {
  if (args.includes('--help')) process.stdout.write(describe(command))
  else {
    /** @type {{ run: (options: object, root: string) => Promise<number> }} */
    const { run } = await import(pathToFileURL(join(folder, command.module)).href)
    process.exitCode = await run(readOptions(command.options, args), root)
  }
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @param {(typeof COMMANDS)[string]} command */
function describe({ does, options }) {
  const lines = Object.entries(options).map(([option, [standard, what]]) => {
    const [value, rest] = typeof standard === 'boolean' ? ['', ''] : [' VALUE', ` (${standard})`]
    return `  --${`${option}${value}`.padEnd(16)} ${what}${rest}\n`
  })
  return `${does}\n\nOptions:\n${lines.join('')}`
}

/**
 * @param {(typeof COMMANDS)[string]['options']} options
 * @param {string[]} args
 */
function readOptions(options, args) {
  const types = Object.entries(options).map(([option, [standard]]) => {
    return [option, { type: typeof standard === 'boolean' ? 'boolean' : 'string' }]
  })
  /** @type {Record<string, unknown>} */
  const values = parseArgs({ args, options: Object.fromEntries(types) }).values
  return Object.fromEntries(
    Object.entries(options).map(([option, [standard]]) => {
      const given = values[option]
      if (given === undefined || typeof standard !== 'number') return [option, given ?? standard]
      if (!/^[1-9]\d{0,8}$/.test(String(given)))
        throw new TypeError(`--${option} must be a whole number, 1 or more, not "${given}"`)
      return [option, Number(given)]
    }),
  )
}
