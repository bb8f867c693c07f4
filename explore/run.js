import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/*
 * node explore/run.js SCRIPT OPTION…
 *
 * Compiles everything to a folder of its own, in which the clock and the exchange are those of the simulation's
 * `wiring.ts`, and runs a script from there.
 */

const REPLACED = ['http/exchange', 'runner/system-clock']

const [script = ''] = process.argv.splice(2, 1)
const folder = mkdtempSync(join(tmpdir(), 'explore-'))
try {
  const options = ['--noEmit', 'false', '--noCheck', '--outDir', folder]
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options])
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'dir')
  for (const name of REPLACED) {
    const text = "export * from '../../__tests__/simulation/wiring.js'\n"
    writeFileSync(join(folder, 'src', `${name}.js`), text)
  }
  await import(pathToFileURL(join(folder, script)).href)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
