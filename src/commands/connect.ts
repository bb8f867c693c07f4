import type { Clock } from '../core/clock.js'
import type { GitHubAddress } from '../github/client.js'
import { createExchange } from '../http/exchange.js'
import type { ClientPorts } from '../http/service.js'
import {
  createManagementApi,
  type ManagementApi,
  type ManagementApiAddress,
} from '../junction/client.js'
import type { Runner } from '../runner/runner.js'

/** What the parts of a command share. */
export interface Step<Inputs> {
  readonly inputs: Inputs
  readonly runner: Runner
  readonly api: ManagementApi
}

interface Limit {
  readonly timeoutMs: number
}

/** Warns once of proxy settings that the client does not follow. */
export function connectManagementApi(
  settings: ManagementApiAddress & Limit,
  runner: Runner,
  clock: Clock,
  warn: (message: string) => void = runner.warning,
): ManagementApi {
  const ignored = runner.context.findIgnoredProxySettings()
  if (ignored !== undefined) warn(ignored)
  const ports = createPorts(settings.apiUrl, settings.timeoutMs, runner, clock)
  return createManagementApi(settings, ports)
}

/** Loads the clients of GitHub. Here, so that a step without them does not pay for it. */
export async function loadGitHub(settings: GitHubAddress & Limit, runner: Runner, clock: Clock) {
  const { connectPullRequests, connectSecrets } = await import('../github/bundle.js')
  const ports = createPorts(settings.githubApiUrl, settings.timeoutMs, runner, clock)
  return {
    connectSecrets: () => connectSecrets(settings, { ...ports, hide: runner.hide }),
    connectPullRequests: () => connectPullRequests(runner.context.repository, settings, ports),
  }
}

function createPorts(url: string, timeoutMs: number, runner: Runner, clock: Clock): ClientPorts {
  const { debug, info, scrub, lastCall } = runner
  return { exchange: createExchange(url, timeoutMs, lastCall), clock, debug, info, scrub }
}
