/** @import { FullJobContext, JobContext } from './types.ts' */

const OPERATING_SYSTEMS = new Map([
  ['win32', 'Windows'],
  ['darwin', 'macOS'],
])
const ARCHITECTURES = new Map([
  ['arm64', 'ARM64'],
  ['arm', 'ARM'],
  ['ia32', 'X86'],
])

/**
 * Completes a context with the values of an ordinary pull request job.
 *
 * @param {JobContext} [given]
 * @returns {FullJobContext}
 */
export function createJobContext(given = {}) {
  return {
    github: {
      action: '__self',
      actor: 'octocat',
      api_url: 'https://api.github.com',
      event_name: 'pull_request',
      graphql_url: 'https://api.github.com/graphql',
      job: 'preview',
      ref: 'refs/pull/42/merge',
      ref_name: '42/merge',
      repository: 'octo-org/octo-app',
      repository_owner: 'octo-org',
      run_attempt: '1',
      run_id: '1658821493',
      run_number: '7',
      server_url: 'https://github.com',
      sha: 'ffac537e6cbbf934b08745a378932722df287a53',
      triggering_actor: 'octocat',
      workflow: 'Preview',
      ...given.github,
    },
    job: { status: 'success', ...given.job },
    runner: {
      arch: ARCHITECTURES.get(process.arch) ?? 'X64',
      environment: 'self-hosted',
      name: 'local-runner',
      os: OPERATING_SYSTEMS.get(process.platform) ?? 'Linux',
      ...given.runner,
    },
  }
}

/**
 * Evaluates an input's default: plain text, or one `${{ context.name }}` that fills it whole.
 * Throws on any other expression.
 *
 * @param {string} text
 * @param {JobContext} context
 * @returns {string}
 */
export function evaluateDefault(text, context) {
  if (!text.includes('${{')) return text
  const [, root, name = ''] = /^\$\{\{ *(github|job|runner)\.([a-z_]+) *\}\}$/.exec(text) ?? []
  if (root !== 'github' && root !== 'job' && root !== 'runner') {
    throw new Error(`The local runner cannot evaluate the default ${text}`)
  }
  return context[root]?.[name] ?? ''
}
