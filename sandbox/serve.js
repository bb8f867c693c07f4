/**
 * Runs the sandbox alone, to try the actions by hand and for the end-to-end workflow:
 *
 *     npm run sandbox -- --port 8787
 *
 * It needs only Node.js, listens only on 127.0.0.1, and keeps everything in memory until you stop it
 * with Ctrl-C. All its keys are fake.
 *
 * While it runs, you can inject faults (`faults.js` lists them) and read what it recorded:
 *
 *     curl -d '{"kind":"status","status":503,"method":"POST"}' \
 *       -H 'content-type: application/json' http://127.0.0.1:8787/_sandbox/faults
 *     curl http://127.0.0.1:8787/_sandbox/requests
 */
import { appendFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startSandbox } from './server.js'

/** @import { Sandbox, SandboxOptions } from './types.ts' */

const help = `Runs a stand-in for Junction's Management API and for GitHub's secrets API on 127.0.0.1,
until you stop it.

Usage: npm run sandbox -- [options]

  --port N          listen on this port (default: a free one)
  --write-env PATH  append NAME=value lines to this file when it is ready (e.g. "$GITHUB_ENV")
  --org-key KEY     the Org Management Key to accept (default: a random one)
  --org-id UUID     the organization (default: a random one)
  --team-id UUID    a team; can be repeated (default: three random ones)
  --repository NAME the GitHub repository, owner/name (default: octo-org/example)
  --help            show this text
`

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
      'org-key': { type: 'string' },
      'org-id': { type: 'string' },
      'team-id': { type: 'string', multiple: true },
      repository: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  const { 'write-env': envFile, 'org-key': orgKey, 'org-id': orgId, 'team-id': teamIds } = values

  /** @type {SandboxOptions} */
  const options = { port: parsePort(values.port) }
  if (orgKey !== undefined) options.orgKey = orgKey
  if (orgId !== undefined) options.orgId = orgId
  if (teamIds !== undefined) options.teamIds = teamIds
  if (values.repository !== undefined) options.repository = values.repository

  const sandbox = await startSandbox(options)
  const stop = () => {
    // Nothing is left to wait for, so the process ends.
    void sandbox.stop()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    if (envFile !== undefined) await appendFile(envFile, formatEnvFile(sandbox))
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

/**
 * @param {Sandbox} sandbox
 * @returns {[string, string][]}
 */
function listVariables(sandbox) {
  const { managementUrl, orgKey, orgId, teamIds } = sandbox
  return [
    ['JUNCTION_API_URL', managementUrl],
    ['JUNCTION_ORG_KEY', orgKey],
    ['JUNCTION_ORG_ID', orgId],
    ['JUNCTION_TEAM_ID', teamIds[0] ?? ''],
    ['SANDBOX_GITHUB_URL', sandbox.githubUrl],
    ['SANDBOX_GITHUB_TOKEN', sandbox.githubToken],
    ['SANDBOX_REPOSITORY', sandbox.repository],
    ['SANDBOX_WORKFLOW_TOKEN', sandbox.workflowToken],
  ]
}

/** @param {Sandbox} sandbox */
function formatEnvFile(sandbox) {
  return [...listVariables(sandbox), ['SANDBOX_URL', sandbox.url]]
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** @param {Sandbox} sandbox */
function formatWelcome(sandbox) {
  const teams = sandbox.teamIds.map((id, index) =>
    index === 0 ? `  Teams           ${id}` : `                  ${id}`,
  )
  const exports = listVariables(sandbox).map(
    ([name, value]) => `  export ${name}=${quoteForShell(value)}`,
  )
  return [
    '',
    `The sandbox listens on ${sandbox.url}. Stop it with Ctrl-C.`,
    '',
    `  Management API  ${sandbox.managementUrl}`,
    `  Org key         ${sandbox.orgKey}`,
    `  Organization    ${sandbox.orgId}`,
    ...teams,
    `  GitHub API      ${sandbox.githubUrl}`,
    `  As GHES         ${sandbox.ghesUrl}`,
    `  Token           ${sandbox.githubToken}`,
    `  Repository      ${sandbox.repository}`,
    `  Control         ${sandbox.url}/_sandbox/{faults,github,keys,requests,secrets}`,
    '',
    'To use it from a shell:',
    '',
    ...exports,
    '',
    '',
  ].join('\n')
}

/** @param {string} value */
function quoteForShell(value) {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
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
