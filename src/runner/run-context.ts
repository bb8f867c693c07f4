import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { WithheldSecrets } from '../core/input-context.js'
import { isRecord, parseJson } from '../core/json.js'
import { findProxy } from '../http/proxy.js'
import type { RunContext } from './runner.js'

/** The events of a pull request for which GitHub withholds secrets when it comes from a fork. */
const FORK_EVENTS = new Set(['pull_request', 'pull_request_review', 'pull_request_review_comment'])

/** How the runner passes an input: in capitals, with spaces as underscores (source: actions/runner). */
const INPUT = /^INPUT_(.+)$/s

/** Reads the context of the run from the runner's variables and event file. */
export function readRunContext(env: NodeJS.ProcessEnv): RunContext {
  return {
    runId: env['GITHUB_RUN_ID'] ?? '',
    action: env['GITHUB_ACTION'] ?? '',
    pid: process.pid,
    startedAt: (uptime() - process.uptime()) * 1000,
    repository: env['GITHUB_REPOSITORY'] ?? '',
    serverUrl: readServerUrl(env['GITHUB_SERVER_URL'] ?? ''),
    inputNames: Object.keys(env).flatMap((name) => INPUT.exec(name)?.[1] ?? []),
    findWithheldSecrets: () => findWithheldSecrets(env),
    findProxyProblem: (url) => findProxyProblem(url, env),
  }
}

/** Summaries link there, so it is taken only as the address of a web server. */
function readServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.origin : 'https://github.com'
}

function findWithheldSecrets(env: NodeJS.ProcessEnv): WithheldSecrets | undefined {
  // A push to Dependabot's branch by another user starts a run with secrets, under that user's name.
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') return 'dependabot'
  if (!FORK_EVENTS.has(env['GITHUB_EVENT_NAME'] ?? '')) return undefined
  const pullRequest = readPullRequest(env['GITHUB_EVENT_PATH'] ?? '')
  return pullRequest && isFromFork(pullRequest, env['GITHUB_REPOSITORY']) ? 'fork' : undefined
}

function findProxyProblem(url: string, env: NodeJS.ProcessEnv): string | undefined {
  const proxy = findProxy(url, env)
  return proxy !== undefined && 'problem' in proxy ? proxy.problem : undefined
}

function isFromFork(pullRequest: Readonly<Record<string, unknown>>, repository: unknown): boolean {
  const head = isRecord(pullRequest['head']) ? pullRequest['head']['repo'] : undefined
  // A deleted fork leaves `head.repo` null.
  if (!isRecord(head) || typeof head['full_name'] !== 'string') return true
  return head['full_name'] !== repository
}

function readPullRequest(eventPath: string) {
  try {
    const event = parseJson(readFileSync(eventPath, 'utf8'))
    return isRecord(event) && isRecord(event['pull_request']) ? event['pull_request'] : undefined
  } catch {
    // Without the event, the cause is unknown, but the empty input is still reported.
    return undefined
  }
}
