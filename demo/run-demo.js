import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readActionMetadata } from '../local-runner/action-metadata.js'
import { startSandbox } from '../sandbox/server.js'
import { Screen } from '../try/screen.js'
import { tellLife } from './life.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs the demo.
 *
 * @returns {Promise<number>} The exit code: 0 when every step succeeded and nothing secret was shown.
 */
export async function runDemo() {
  const missing = ['.', 'revoke', 'prune'].flatMap(listMissingScripts)
  if (missing.length > 0) {
    process.stderr.write(`Not built yet: ${missing.join(', ')}. Run "npm ci && npm run build".\n`)
    return 1
  }
  const sandbox = await startSandbox()
  const { url, orgKey, githubToken, workflowToken } = sandbox
  const screen = new Screen()
  try {
    screen.write(`Node.js ${process.version} runs the action here; GitHub runs it with node24.`)
    screen.write(
      `The service is the embedded sandbox at ${url}, which stands in for the Management API and for GitHub.`,
    )
    const succeeded = await tellLife(sandbox, screen)
    screen.write('')
    const secrets = [orgKey, githubToken, workflowToken, ...sandbox.keys().map(({ key }) => key)]
    const shown = secrets.some((secret) => screen.shown.includes(secret))
    if (shown) screen.write('Error: The log shows a key or a token')
    if (!succeeded) screen.write('Error: A step failed')
    if (shown || !succeeded) return 1
    screen.write(
      'Success: the key was created, used, replaced and revoked with its secret; the stale key was pruned; nothing above shows a key.',
    )
    return 0
  } catch (error) {
    screen.write(`Error: ${error instanceof Error ? error.message : error}`)
    return 1
  } finally {
    await sandbox.stop()
  }
}

/** @param {string} folder */
function listMissingScripts(folder) {
  const { main, post } = readActionMetadata(join(ROOT, folder))
  return [main, post]
    .flatMap((path) => (path === undefined ? [] : [join(folder, path)]))
    .filter((path) => !existsSync(join(ROOT, path)))
}
