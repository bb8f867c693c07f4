import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readActionMetadata } from '../local-runner/action-metadata.js'
import { RunnerLog } from '../local-runner/mask-log.js'
import { runJob } from './job.js'
import { tellLife } from './life.js'
import { Screen } from './screen.js'
import { openDemoService } from './service.js'

/** @import { DemoService } from './types.ts' */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DEBUG = process.env['RUNNER_DEBUG'] === '1'

/**
 * Runs the demo and judges it.
 *
 * @returns {Promise<number>} The exit code: 0 when all went as it should.
 */
export async function runDemo() {
  const missing = ['.', 'revoke', 'prune'].flatMap(listMissingScripts)
  if (missing.length > 0) {
    process.stderr.write(`Not built yet: ${missing.join(', ')}. Run "npm ci && npm run build".\n`)
    return 1
  }
  const service = await openDemoService(process.env)
  const log = new RunnerLog({ secrets: service.credentials, debug: DEBUG })
  const screen = new Screen(log)
  try {
    return await show(service, log, screen)
  } catch (error) {
    screen.write(`Error: ${error instanceof Error ? error.message : error}`)
    return 1
  } finally {
    await service.stop()
  }
}

/** @param {string} folder */
function listMissingScripts(folder) {
  const { main, post } = readActionMetadata(join(ROOT, folder))
  return [main, post]
    .flatMap((path) => (path === undefined ? [] : [join(folder, path)]))
    .filter((path) => !existsSync(join(ROOT, path)))
}

/**
 * @param {DemoService} service
 * @param {RunnerLog} log
 * @param {Screen} screen
 */
async function show(service, log, screen) {
  screen.write(`Node.js ${process.version} runs the action here; GitHub runs it with node24.`)
  screen.write(`The service is ${service.title}.`)
  const stage = { service, log, screen, debug: DEBUG, interrupt: watchInterrupt() }
  const failures = await (service.world ? tellLife(stage, service.world) : runJob(stage))
  screen.write('')
  for (const failure of failures) screen.write(`Error: ${failure}`)
  if (failures.length > 0) return 1
  screen.write(
    service.world
      ? 'Success: the key was created, used, replaced and revoked with its secret; the stale key was pruned; nothing above shows a key.'
      : 'Success: the key was created, used and revoked, and nothing above shows it.',
  )
  return 0
}

/** Ctrl+C ends the running step, and post still runs; a second one ends the demo. */
function watchInterrupt() {
  const interrupt = { happened: false }
  process.once('SIGINT', () => {
    interrupt.happened = true
  })
  return interrupt
}
