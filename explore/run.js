import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transformSync } from '@swc/core'

/*
 * node explore/run.js SCRIPT OPTION…
 *
 * Compiles both engines and the sources to a folder of their own, in which the clock and the exchange are simulated
 * ones, and runs a script from there.
 */

const COMPILED = ['src', 'explore', '__tests__/simulation']
const LINKED = ['node_modules', 'sandbox', 'local-runner']

/** The source modules that the simulation's `wiring.ts` replaces. */
const REPLACED = ['http/exchange', 'runner/system-clock']

const [script = ''] = process.argv.splice(2, 1)
const folder = mkdtempSync(join(tmpdir(), 'explore-'))
try {
  for (const name of LINKED) symlinkSync(join(process.cwd(), name), join(folder, name), 'dir')
  write('package.json', '{ "type": "module" }')
  for (const name of COMPILED) {
    const files = readdirSync(name, { recursive: true, encoding: 'utf8' })
    for (const file of files.filter((one) => /(?<!\.test)\.ts$/.test(one))) {
      const { code } = transformSync(readFileSync(join(name, file), 'utf8'), {
        filename: file,
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
      })
      write(join(name, file.replace(/ts$/, 'js')), code)
    }
  }
  for (const name of REPLACED)
    write(`src/${name}.js`, "export * from '../../__tests__/simulation/wiring.js'\n")
  await import(pathToFileURL(join(folder, script)).href)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @param {string} name @param {string} text */
function write(name, text) {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
