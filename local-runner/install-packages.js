import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const INSTALL = 'ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error'.split(' ')
const PATIENCE_MS = 120_000

/**
 * Installs the few packages that the sandbox (to decrypt secrets) and the local runner (to read
 * action.yml) need, unless they are there. They are package.json's `dependencies`, without
 * what builds and tests the project. Call it before you load what imports them.
 *
 * @param {(line: string) => void} announce Called with what is about to happen, if anything.
 * @returns {Promise<void>} Rejects with what npm said when it fails.
 */
export async function installPackages(announce) {
  const missing = listPackages().filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  const names = missing.join(', ')
  announce(`Installing ${names} (only this once).`)
  const { file, args, shell } = findNpm(INSTALL)
  try {
    await promisify(execFile)(file, args, { cwd: ROOT, shell, timeout: PATIENCE_MS })
  } catch (error) {
    throw new Error(
      `${names} could not be installed. Check that npm can reach its registry, run "npm ci", and try again. ${explain(error)}`,
      { cause: error },
    )
  }
}

/** @returns {string[]} */
function listPackages() {
  const { dependencies } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'))
  return Object.keys(dependencies)
}

/** @param {string} name */
function isInstalled(name) {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

/**
 * The npm that runs this script, so that it matches this Node.js; otherwise the one on PATH.
 *
 * @param {string[]} args
 */
function findNpm(args) {
  // yarn and pnpm set this too, and have no `ci`.
  const script = process.env['npm_execpath'] ?? ''
  if (/npm-cli\.c?js$/.test(script)) {
    return { file: process.execPath, args: [script, ...args], shell: false }
  }
  // On Windows npm is a batch file, which needs a shell.
  return process.platform === 'win32'
    ? { file: ['npm', ...args].join(' '), args: [], shell: true }
    : { file: 'npm', args, shell: false }
}

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof Error)) return String(error)
  if ('killed' in error && error.killed) return `npm was stopped after ${PATIENCE_MS / 1000} s.`
  const stderr = 'stderr' in error ? String(error.stderr).trim() : ''
  return stderr === '' ? error.message : `Output of npm:\n${stderr}`
}
