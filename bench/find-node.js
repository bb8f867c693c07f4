import { spawnSync } from 'node:child_process'

/**
 * Finds the Node.js 24 to measure with: BENCH_NODE, BUNDLE_NODE, or the one this runs under.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ path: string, version: string }}
 */
export function findNode24(env) {
  const path = env['BENCH_NODE'] || env['BUNDLE_NODE'] || process.execPath
  const { stdout, error } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 })
  const version = error === undefined ? stdout.trim() : `not to be started (${error.message})`
  if (version.startsWith('v24.')) return { path, version }
  const name = `node-${process.platform}-${process.arch}`
  throw new Error(
    [
      `Runners start the action with Node.js 24, but ${path} is ${version}. To get one:`,
      `  npm install --prefix /tmp/node24 --no-save ${name}@24`,
      `  BENCH_NODE=/tmp/node24/node_modules/${name}/bin/node npm run bench`,
    ].join('\n'),
  )
}
