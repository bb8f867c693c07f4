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

const COMPILED = ['src', 'explore', '__tests__/simulation']
const LINKED = ['node_modules', 'sandbox', 'local-runner']

/** The source modules that the simulation's `wiring.ts` replaces. */
const REPLACED = ['http/exchange', 'runner/system-clock']

/**
 * Compiles both engines and the sources to a folder of their own, in which the clock and the exchange are simulated
 * ones. Returns the folder.
 *
 * @param {string} root
 */
export function compile(root) {
  const folder = mkdtempSync(join(tmpdir(), 'explore-'))
  for (const name of LINKED) symlinkSync(join(root, name), join(folder, name), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const name of COMPILED) {
    const files = readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
    for (const file of files.filter((one) => /(?<!\.test)\.ts$/.test(one))) {
      const { code } = transformSync(readFileSync(join(root, name, file), 'utf8'), {
        filename: file,
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
      })
      const path = join(folder, name, file.replace(/ts$/, 'js'))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, code)
    }
  }
  for (const replaced of REPLACED) {
    const text = "export * from '../../__tests__/simulation/wiring.js'\n"
    writeFileSync(join(folder, 'src', `${replaced}.js`), text)
  }
  return folder
}
