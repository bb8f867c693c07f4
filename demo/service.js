import { openLive } from './demo-live.js'
import { openSandbox } from './demo-sandbox.js'
import { installSandboxPackages } from './sandbox-packages.js'

/** @import { PreviewWorld } from './demo-sandbox.js' */
/** @import { JobContext } from './job-context.js' */

/**
 * A key as the demo's table shows it; there is no room for its value.
 *
 * @typedef {object} KeyRow
 * @property {string} id
 * @property {string} label
 * @property {string[]} teamIds
 * @property {boolean} live
 */

/**
 * What the demo runs against: the embedded sandbox, or a real Management API.
 *
 * @typedef {object} DemoService
 * @property {string} title
 * @property {Record<string, string>} inputs Those of every step: the account.
 * @property {string} label Of the demo's key.
 * @property {string[]} credentials What a workflow would keep in `secrets.*`, and its own token.
 * @property {JobContext} context What the demo's jobs know, over the defaults.
 * @property {() => Promise<KeyRow[]>} listKeys
 * @property {PreviewWorld | undefined} world Only the sandbox can be looked into.
 * @property {() => Promise<void>} stop
 */

const LIVE_VARIABLES = /** @type {const} */ ([
  'JUNCTION_ORG_KEY',
  'JUNCTION_ORG_ID',
  'JUNCTION_TEAM_ID',
  'JUNCTION_API_URL',
])

/**
 * Opens the real API when all four JUNCTION_ variables are set, the sandbox when none is.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} announce Told of what is about to happen and takes time.
 * @returns {Promise<DemoService>}
 */
export async function openDemoService(env, announce) {
  const missing = LIVE_VARIABLES.filter((name) => !env[name])
  if (missing.length === LIVE_VARIABLES.length) {
    await installSandboxPackages(announce)
    return openSandbox()
  }
  if (missing.length > 0) {
    throw new Error(
      `To run against a real API set ${missing.join(', ')} too; to run against the sandbox unset all of ${LIVE_VARIABLES.join(', ')}`,
    )
  }
  return openLive({
    orgKey: env['JUNCTION_ORG_KEY'] ?? '',
    orgId: env['JUNCTION_ORG_ID'] ?? '',
    teamId: env['JUNCTION_TEAM_ID'] ?? '',
    apiUrl: env['JUNCTION_API_URL'] ?? '',
  })
}
