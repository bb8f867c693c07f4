import { readFileSync } from 'node:fs'
import { isRecord, parseJson } from '../core/json.js'
import { findIgnoredProxySettings, findProxy } from '../http/proxy.js'
import { identifyProcess } from './processes.js'
import { uptime } from './system-clock.js'

/** The events of a pull request for which GitHub withholds secrets when it comes from a fork. */
const FORK_EVENTS = ['pull_request', 'pull_request_review', 'pull_request_review_comment']

/** The events for which GitHub withholds secrets when Dependabot caused them (source: GitHub's documentation). */
const DEPENDABOT_EVENTS = [...FORK_EVENTS, 'push', 'create', 'deployment', 'deployment_status']

const FROM_FORK =
  'org_key is empty because this pull request comes from a fork, and GitHub does not pass secrets to pull requests from forks. Skip this step for forks: if: github.event.pull_request.head.repo.full_name == github.repository'
const BY_DEPENDABOT =
  "org_key is empty because this run was triggered by Dependabot, which has no access to Actions secrets. Skip this step: if: github.actor != 'dependabot[bot]'"

/** How the runner passes an input: in capitals, with spaces as underscores (source: actions/runner). */
const INPUT = /^INPUT_(.+)$/s

/** Reads the workflow run that the step belongs to from the runner's variables and event file. */
export function readRunContext(env: NodeJS.ProcessEnv) {
  const serverUrl = readServerUrl(env['GITHUB_SERVER_URL'] ?? '')
  return {
    /** `''` outside a run. */
    runId: env['GITHUB_RUN_ID'] ?? '',
    /** Which step of the job this is; main and post step have the same. */
    action: env['GITHUB_ACTION'] ?? '',
    /** Tells this job, on this start of this machine, from all others. */
    job: identifyJob(env),
    process: identifyProcess(),
    /** When this process started, in milliseconds since this machine started. */
    startedAt: uptime() - process.uptime() * 1000,
    repository: env['GITHUB_REPOSITORY'] ?? '',
    serverUrl,
    /** The folder of this action's documentation, without a slash at the end. */
    docsUrl: `${serverUrl}/${nameRepository(env)}/blob/HEAD/docs`,
    inputNames: Object.keys(env).flatMap((name) => INPUT.exec(name)?.[1] ?? []),
    // Forgejo's runner sets this variable, too, and evaluates defaults as GitHub's does.
    isGitea: (env['GITEA_ACTIONS'] ?? '') !== '' && (env['FORGEJO_ACTIONS'] ?? '') === '',
    findNumberlessEvent: () => {
      const event = readEvent(env)
      return event === undefined || 'number' in event ? undefined : env['GITHUB_EVENT_NAME']
    },
    findWithheldSecrets: () => findWithheldSecrets(env),
    findIgnoredProxySettings: () => findIgnoredProxySettings(env),
    findProxyProblem: (url: string) => {
      const proxy = findProxy(url, env)
      return typeof proxy === 'string' ? proxy : undefined
    },
  }
}

/**
 * A self-hosted runner may not be able to empty its folder, and then runs the next job with it. `RUNNER_TRACKING_ID`
 * differs between the jobs of a matrix (source: actions/runner, JobExtension.cs), `HOSTNAME` between containers.
 */
function identifyJob(env: NodeJS.ProcessEnv): string {
  const names = [
    'GITHUB_RUN_ID',
    'GITHUB_RUN_ATTEMPT',
    'GITHUB_JOB',
    'RUNNER_TRACKING_ID',
    'HOSTNAME',
  ]
  const bootId = readText('/proc/sys/kernel/random/boot_id').trim()
  return [...names.map((name) => env[name] ?? ''), bootId].join(' ')
}

/** Summaries link there, so it is taken only as the address of a web server. */
function readServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.origin : 'https://github.com'
}

/** A step that runs the action from its own checkout has no `GITHUB_ACTION_REPOSITORY`. */
function nameRepository(env: NodeJS.ProcessEnv): string {
  const name = env['GITHUB_ACTION_REPOSITORY'] ?? ''
  return /^[\w.-]+\/[\w.-]+$/.test(name) ? name : 'OWNER/junction-management-key'
}

function findWithheldSecrets(env: NodeJS.ProcessEnv): string | undefined {
  const name = env['GITHUB_EVENT_NAME'] ?? ''
  // A push to Dependabot's branch by another user starts a run with secrets, under that user's name.
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]' && DEPENDABOT_EVENTS.includes(name)) {
    return BY_DEPENDABOT
  }
  const pullRequest = FORK_EVENTS.includes(name) ? readEvent(env)?.['pull_request'] : undefined
  if (!isRecord(pullRequest)) return undefined
  const { head } = pullRequest
  const repository = isRecord(head) ? head['repo'] : undefined
  // A deleted fork leaves `head.repo` null.
  const from = isRecord(repository) ? String(repository['full_name']).toLowerCase() : ''
  return from === env['GITHUB_REPOSITORY']?.toLowerCase() ? undefined : FROM_FORK
}

function readEvent(env: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> | undefined {
  const event = parseJson(readText(env['GITHUB_EVENT_PATH'] ?? ''))
  return isRecord(event) ? event : undefined
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Without an event nothing is known about it, and only Linux has a boot ID.
    return ''
  }
}
