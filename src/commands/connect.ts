import type { Clock } from '../core/clock.js'
import type { GitHubAddress } from '../github/client.js'
import type { PullRequests } from '../github/pull-requests.js'
import type { GitHubSecrets } from '../github/secrets.js'
import { createExchange } from '../http/exchange.js'
import type { ClientPorts } from '../http/service.js'
import {
  createManagementApi,
  type ManagementApi,
  type ManagementApiAddress,
} from '../junction/client.js'
import type { Runner } from '../runner/runner.js'

/** Puts the Management API client of a step together; warns once of proxy settings that it does not follow. */
export function connectManagementApi(
  settings: ManagementApiAddress & { readonly timeoutMs: number },
  runner: Runner,
  clock: Clock,
  warn: (message: string) => void = runner.warning,
): ManagementApi {
  const ignored = runner.context.findIgnoredProxySettings()
  if (ignored !== undefined) warn(ignored)
  return createManagementApi(settings, createPorts(settings.apiUrl, settings, runner, clock))
}

/** Puts the client of GitHub secrets together. Loaded here, so that a step without secrets does not pay for it. */
export async function connectGitHubSecrets(
  address: GitHubAddress & { readonly timeoutMs: number },
  runner: Runner,
  clock: Clock,
): Promise<GitHubSecrets> {
  const { connectSecrets } = await import('../github/bundle.js')
  const { hide } = runner
  return connectSecrets(address, {
    ...createPorts(address.githubApiUrl, address, runner, clock),
    hide,
  })
}

/** Puts the client of this repository's pull requests together; loaded like the one of secrets. */
export async function connectGitHubPullRequests(
  address: GitHubAddress & { readonly timeoutMs: number },
  runner: Runner,
  clock: Clock,
): Promise<PullRequests> {
  const { connectPullRequests } = await import('../github/bundle.js')
  const ports = createPorts(address.githubApiUrl, address, runner, clock)
  return connectPullRequests(runner.context.repository, address, ports)
}

function createPorts(
  baseUrl: string,
  { timeoutMs }: { readonly timeoutMs: number },
  { debug, info, scrub, lastCall }: Runner,
  clock: Clock,
): ClientPorts {
  return { exchange: createExchange(baseUrl, timeoutMs, lastCall), clock, debug, info, scrub }
}
