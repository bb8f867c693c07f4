// Runs the sandbox alone, to try the actions by hand and for the end-to-end workflow. Needs only Node.js.
import { appendFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startSandbox } from './server.js'
import { formatFaultHelp, formatWelcome, listVariables } from './welcome.js'

const help = `Runs a stand-in for Junction's Management API and for GitHub's secrets API on 127.0.0.1,
until you stop it.

Usage: npm run sandbox -- [options]

  --port N          listen on this port (default: a free one)
  --write-env PATH  append NAME=value lines to this file when it is ready (e.g. "$GITHUB_ENV")
  --help            show this text

${formatFaultHelp()}`

try {
  await serve()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}

async function serve() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      // Not --env-file: Node.js treats that name as its own option, even after the script.
      'write-env': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  const { 'write-env': envFile } = values
  const sandbox = await startSandbox({ port: parsePort(values.port) })
  // Nothing is left to wait for then, so the process ends.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void sandbox.stop())
  try {
    const lines = listVariables(sandbox).map(([name, value]) => `${name}=${value}\n`)
    if (envFile !== undefined) await appendFile(envFile, lines.join(''))
  } catch (error) {
    await sandbox.stop()
    throw error
  }
  process.stdout.write(formatWelcome(sandbox))
}

/** @param {string} text */
function parsePort(text) {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65535) return port
  throw new TypeError(`--port must be a number from 0 to 65535, not "${text}".`)
}

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? ` ${String(error.port)}` : ''
    return `Port${port} is already in use. Choose another with --port, or omit --port.`
  }
  return error.message
}
