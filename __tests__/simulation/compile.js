import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { transformSync } from '@swc/core'

const ROOT = join(import.meta.dirname, '..', '..')

/** The source modules that a simulation replaces, and its own modules. */
const REPLACED = {
  'http/exchange': 'wiring',
  'runner/system-clock': 'wiring',
  'github/bundle': 'github',
}

/**
 * Compiles sources and the simulation to a folder of their own, in which the clock, the exchange and GitHub's
 * secrets are simulated ones. Returns the folder.
 *
 * @param {string} src
 */
export function compileSimulation(src) {
  const folder = mkdtempSync(join(tmpdir(), 'simulation-'))
  compileAll(src, join(folder, 'src'))
  compileAll(import.meta.dirname, join(folder, '__tests__', 'simulation'))
  for (const name of ['node_modules', 'explore'])
    symlinkSync(join(ROOT, name), join(folder, name), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [replaced, by] of Object.entries(REPLACED)) {
    const text = `export * from '../../__tests__/simulation/${by}.js'\n`
    writeFileSync(join(folder, 'src', `${replaced}.js`), text)
  }
  return folder
}

/**
 * @param {string} from
 * @param {string} to
 */
function compileAll(from, to) {
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const { code } = transformSync(readFileSync(join(from, file), 'utf8'), {
      filename: file,
      jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    })
    const path = join(to, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  }
}
