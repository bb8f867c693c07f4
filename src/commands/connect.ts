import type { Clock } from '../core/clock.js'
import type { GitHubAddress } from '../github/client.js'
import type { PullRequests } from '../github/pull-requests.js'
import type { Secrets } from '../github/secrets.js'
import { createExchange } from '../http/exchange.js'
import {
  createManagementApi,
  type ManagementApi,
  type ManagementApiAddress,
} from '../junction/client.js'
import type { Runner } from '../runner/runner.js'
import { Journal } from '../transaction/journal.js'

/** Puts the Management API client of a step together. */
export function connectManagementApi(
  settings: ManagementApiAddress & { readonly timeoutMs: number },
  runner: Runner,
  clock: Clock,
): ManagementApi {
  return createManagementApi(settings, {
    exchange: createExchange(settings.timeoutMs, runner.lastCall),
    clock,
    debug: runner.debug,
    scrub: runner.scrub,
  })
}

/** Opens the journal of the job for a step. */
export function openJournal(runner: Runner, clock: Clock): Journal {
  const { action, pid } = runner.context
  const { writeNote, readNotes, isAlive } = runner
  return new Journal({ action, pid, writeNote, readNotes, isAlive, clock })
}

/** Puts the client of GitHub secrets together. Loaded here, so that a step without secrets does not pay for it. */
export async function connectGitHubSecrets(
  address: GitHubAddress,
  runner: Runner,
): Promise<Secrets> {
  const { connectSecrets } = await import('../github/bundle.js')
  return connectSecrets(address, runner)
}

/** Puts the client of a repository's pull requests together; loaded like the one of secrets. */
export async function connectGitHubPullRequests(
  repository: string,
  address: GitHubAddress,
  runner: Runner,
): Promise<PullRequests> {
  const { connectPullRequests } = await import('../github/bundle.js')
  return connectPullRequests(repository, address, runner)
}
