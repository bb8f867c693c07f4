import { openLive } from './live.js'
import { openSandbox } from './sandbox.js'

/** @import { DemoService } from './types.ts' */

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
 * @returns {Promise<DemoService>}
 */
export async function openDemoService(env) {
  const missing = LIVE_VARIABLES.filter((name) => !env[name])
  if (missing.length === LIVE_VARIABLES.length) return openSandbox()
  if (missing.length > 0) {
    throw new Error(
      `To use a real API, also set ${missing.join(', ')}; to use the sandbox, unset all of ${LIVE_VARIABLES.join(', ')}`,
    )
  }
  return openLive({
    orgKey: env['JUNCTION_ORG_KEY'] ?? '',
    orgId: env['JUNCTION_ORG_ID'] ?? '',
    teamId: env['JUNCTION_TEAM_ID'] ?? '',
    apiUrl: env['JUNCTION_API_URL'] ?? '',
  })
}
