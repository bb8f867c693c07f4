import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readActionMetadata } from './action-metadata.js'
import { keysUrl, openDemoService } from './demo-service.js'
import { createJobContext } from './job-context.js'
import { RunnerLog } from './mask-log.js'
import { pickHostEnvironment, resolveInputs, runMain, runPost } from './run-action.js'
import { Screen } from './screen.js'

/** @import { DemoService, KeyRow } from './demo-service.js' */
/** @import { RunResult } from './run-action.js' */

const ACTION_DIR = fileURLToPath(new URL('..', import.meta.url))
const STEP = 'junction-management-key'
/** Long enough for every retry against a real API. */
const TIMEOUT_MINUTES = 10
const DEBUG = process.env['RUNNER_DEBUG'] === '1'

/** @returns {Promise<number>} */
async function runDemo() {
  const metadata = readActionMetadata(ACTION_DIR)
  const scripts = [metadata.main, metadata.post].filter((path) => path !== undefined)
  const missing = scripts.filter((path) => !existsSync(join(ACTION_DIR, path)))
  if (missing.length > 0) {
    process.stderr.write(`Not built yet: ${missing.join(', ')}. Run "npm ci && npm run build".\n`)
    return 1
  }
  const service = await openDemoService(process.env)
  const log = new RunnerLog({ secrets: [service.inputs['org_key'] ?? ''], debug: DEBUG })
  const screen = new Screen(log)
  try {
    return await runJob(service, log, screen)
  } catch (error) {
    screen.write(`Error: ${error instanceof Error ? error.message : error}`)
    return 1
  } finally {
    await service.stop()
  }
}

/**
 * The job: create the key, use it, clean up, look at what is left.
 *
 * @param {DemoService} service
 * @param {RunnerLog} log
 * @param {Screen} screen
 */
async function runJob(service, log, screen) {
  screen.write(`Node.js ${process.version} runs the action here; GitHub would run it with node24.`)
  screen.write(`The service is ${service.title}.`)
  const interrupt = watchInterrupt()

  screen.write('\n── Run junction-management-key')
  const metadata = readActionMetadata(ACTION_DIR)
  const context = createJobContext()
  screen.writeHead(`Run ${STEP}`, { with: resolveInputs(metadata, service.inputs, context) })
  const options = {
    actionDir: ACTION_DIR,
    inputs: service.inputs,
    debug: DEBUG,
    log,
    timeoutMs: TIMEOUT_MINUTES * 60_000,
    onShown: (/** @type {string} */ line) => screen.write(line),
  }
  const main = await runMain(options)
  writeEnd(screen, main)
  const created = await service.listKeys().catch(() => [])

  let used = false
  if (main.outcome === 'success' && !interrupt.happened) {
    screen.write('\n── Use the key')
    used = await useKey(service, main.outputs['key'] ?? '', log, screen)
  }

  // Whatever happened, the runner gets to post: the key may have to be revoked.
  screen.write(`\n── Post Run ${STEP}`)
  screen.write('Post job cleanup.')
  const status = main.outcome === 'success' && used ? 'success' : 'failure'
  const post = await runPost({
    ...options,
    context: { job: { status: interrupt.happened ? 'cancelled' : status } },
    env: main.env,
    state: main.state,
  })
  writeEnd(screen, post)

  const rows = mergeRows(created, await service.listKeys())
  writeRecord(screen, service, main, rows)
  const failures = judge({ service, log, screen, main, post, used, rows })
  screen.write('')
  for (const failure of failures) screen.write(`Error: ${failure}`)
  if (failures.length > 0) return 1
  screen.write(
    service.embedded
      ? 'As it should be: the key is live, it was used, and nothing above shows it.'
      : 'As it should be: the key was made, used and revoked, and nothing above shows it.',
  )
  return 0
}

/** Ctrl+C ends the running step and still lets post run; a second one ends the demo. */
function watchInterrupt() {
  const interrupt = { happened: false }
  process.once('SIGINT', () => {
    interrupt.happened = true
  })
  return interrupt
}

/**
 * A later step that was handed the key in its environment.
 *
 * @param {DemoService} service
 * @param {string} key
 * @param {RunnerLog} log
 * @param {Screen} screen
 * @returns {Promise<boolean>}
 */
async function useKey(service, key, log, screen) {
  const env = {
    MANAGEMENT_KEY: key,
    KEYS_URL: keysUrl(service.inputs['api_url'] ?? '', service.inputs['org_id'] ?? ''),
  }
  log.startStep()
  screen.writeHead('Run node use-key.js', { env })
  const script = fileURLToPath(new URL('use-key.js', import.meta.url))
  const { failed, output } = await new Promise((resolve) => {
    execFile(
      process.execPath,
      [script],
      { env: { ...pickHostEnvironment(), ...env } },
      (error, stdout, stderr) =>
        resolve({ failed: error !== null, output: (stdout + stderr).trimEnd() }),
    )
  })
  for (const line of output.split('\n')) screen.writeAll(log.read(line))
  return !failed
}

/**
 * @param {Screen} screen
 * @param {RunResult} result
 */
function writeEnd(screen, { exitCode, signal, timedOut }) {
  if (timedOut) screen.write(`Error: The step was stopped after ${TIMEOUT_MINUTES} minutes`)
  else if (signal) screen.write(`Error: The step ended by ${signal}`)
  else if (exitCode !== 0) screen.write(`Error: Process completed with exit code ${exitCode}.`)
}

/**
 * A real service no longer lists a key that it has revoked.
 *
 * @param {KeyRow[]} before
 * @param {KeyRow[]} after
 * @returns {KeyRow[]}
 */
function mergeRows(before, after) {
  const ids = new Set(after.map((row) => row.id))
  const gone = before.filter((row) => !ids.has(row.id)).map((row) => ({ ...row, live: false }))
  return [...gone, ...after]
}

/**
 * @param {Screen} screen
 * @param {DemoService} service
 * @param {RunResult} main
 * @param {KeyRow[]} rows
 */
function writeRecord(screen, service, main, rows) {
  if (main.summary !== '') {
    screen.write(`\n── Job summary\n${decodeReferences(main.summary).trimEnd()}`)
  }
  screen.write('\n── Keys the service holds')
  screen.writeTable([
    ['id', 'label', 'teams', 'state'],
    ...rows.map((row) => [row.id, row.label, row.teamIds.join(' '), row.live ? 'live' : 'revoked']),
  ])
  if (!service.embedded) return
  screen.write('\n── Requests the service received')
  screen.writeTable(
    service.requests().map(({ method, path, status }) => [method, path, String(status ?? '-')]),
  )
}

/**
 * Reads numeric character references as a browser does.
 *
 * @param {string} markdown
 */
function decodeReferences(markdown) {
  return markdown.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
}

/**
 * Compares what happened with what should have; returns what is amiss.
 *
 * @param {{ service: DemoService, log: RunnerLog, screen: Screen, main: RunResult, post: RunResult, used: boolean, rows: KeyRow[] }} job
 * @returns {string[]}
 */
function judge({ service, log, screen, main, post, used, rows }) {
  const key = main.outputs['key'] ?? ''
  const row = rows.find(({ id }) => id === main.outputs['key_id'])
  const secrets = [key, service.inputs['org_key'] ?? ''].filter((secret) => secret !== '')
  const summary = main.summary + post.summary
  /** @param {string} text */
  const holdsSecret = (text) => secrets.some((secret) => text.includes(secret))
  const checksOfKey = /** @type {const} */ ([
    [key.startsWith('mg_'), 'The step has no output "key" that begins with mg_'],
    // What a real API lets a team key do is its own affair.
    [used || !service.embedded, 'The next step could not use the key'],
    [row !== undefined, 'The service does not hold the key that the step names'],
    [row?.live === service.embedded, `The key should be ${service.embedded ? 'live' : 'revoked'}`],
    [log.mask(key) === '***', 'The key was never masked'],
  ])
  const checksOfAnyRun = /** @type {const} */ ([
    [main.outcome === 'success', 'The step failed'],
    [post.outcome === 'success', 'The post step failed'],
    [!holdsSecret(screen.shown), 'The log shows a key'],
    [!holdsSecret(JSON.stringify([main.state, post.state])), 'The state holds a key'],
    [!holdsSecret(summary + decodeReferences(summary)), 'The job summary holds a key'],
  ])
  // A step that failed made no key to speak of; its own error says why.
  const checks = main.outcome === 'success' ? [...checksOfAnyRun, ...checksOfKey] : checksOfAnyRun
  return checks.filter(([held]) => !held).map(([, failure]) => failure)
}

try {
  process.exitCode = await runDemo()
} catch (error) {
  // Only what fails before there is a key comes here: a wrong environment, a broken action.yml.
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
