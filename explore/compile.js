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

const ENGINES = ['explore', '__tests__/simulation']

/** The source modules that the simulation's `wiring.ts` replaces. */
const REPLACED = ['http/exchange', 'runner/system-clock']

/**
 * Compiles both engines and the sources to a folder of their own, in which the clock and the exchange are simulated
 * ones. Returns the folder.
 *
 * @param {string} root
 * @param {string} src
 */
export function compile(root, src) {
  const folder = mkdtempSync(join(tmpdir(), 'explore-'))
  compileAll(src, join(folder, 'src'))
  for (const name of ENGINES) compileAll(join(root, name), join(folder, name))
  for (const name of ['node_modules', 'sandbox', 'local-runner'])
    symlinkSync(join(root, name), join(folder, name), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const replaced of REPLACED) {
    const text = "export * from '../../__tests__/simulation/wiring.js'\n"
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
