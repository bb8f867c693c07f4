import { fileURLToPath } from 'node:url'
import { startSandbox } from '../sandbox/server.js'
import { playJobs } from '../try/play-workflow.js'
import { Screen } from '../try/screen.js'

/** @import { Sandbox } from '../sandbox/types.ts' */
/** @import { Job } from '../try/types.ts' */

/** A part of the story: one job with one step of ours, and perhaps one that uses the key. */
/** @typedef {{ name: string, title: string, uses: string, inputs: Record<string, string>, prepare?: () => void, usesKey?: true }} Chapter */

const PULL_REQUEST = 42
/** Two other pull requests had keys before; the first is closed. */
const EARLIER = [
  { number: 7, merged: true, days: 30 },
  { number: 41, merged: false, days: 2 },
]

/**
 * Runs the demo.
 *
 * @returns {Promise<number>} The exit code: 0 when every step succeeded and nothing secret was shown.
 */
export async function runDemo() {
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

/**
 * Plays the life of a preview's key, from the opening of its pull request to its end, and what becomes of a stale
 * key, as a workflow of a user would be played.
 *
 * @param {Sandbox} sandbox
 * @param {Screen} screen
 * @returns {Promise<boolean>} Whether every step succeeded.
 */
function tellLife(sandbox, screen) {
  for (const { number, merged, days } of EARLIER) {
    sandbox.github.addPullRequest(sandbox.repository, number, { merged })
    const createdAt = new Date(Date.now() - days * 86_400_000).toISOString()
    const teamIds = sandbox.teamIds.slice(0, 1)
    sandbox.addKey({ label: `preview-pr-${number}`, teamIds, createdAt })
  }
  const jobs = planLife(sandbox).map((chapter) => toJob(sandbox, chapter))
  return playJobs(sandbox, screen, jobs)
}

/** @param {Sandbox} sandbox @returns {Chapter[]} */
function planLife({ github, repository }) {
  const label = `preview-pr-${PULL_REQUEST}`
  const secret = {
    secret_name: 'JUNCTION_MANAGEMENT_KEY',
    secret_targets: `env=${label}`,
    github_token: `\${{ secrets.SECRETS_TOKEN }}`,
  }
  const stale = {
    label_pattern: 'preview-pr-{pr}',
    older_than: '14d',
    closed_pull_requests: 'true',
  }
  return [
    {
      name: 'open',
      title: 'pull request 42 gets a preview, with a key in a secret of its environment',
      uses: 'junction-management-key',
      inputs: { label, ...secret, create_environments: 'true' },
      usesKey: true,
    },
    {
      name: 'push',
      title: 'a new key replaces the old one, in the secret too',
      uses: 'junction-management-key',
      inputs: { label, if_exists: 'replace', ...secret },
    },
    {
      name: 'close',
      title: 'pull request 42 is merged; the secret is deleted, then the key revoked',
      uses: 'junction-management-key/revoke',
      inputs: { label, ...secret },
      prepare: () => github.addPullRequest(repository, PULL_REQUEST, { merged: true }),
    },
    {
      name: 'report',
      title: 'at night, stale keys are listed (dry run)',
      uses: 'junction-management-key/prune',
      inputs: { ...stale, dry_run: 'true' },
    },
    {
      name: 'prune',
      title: 'the same keys are revoked',
      uses: 'junction-management-key/prune',
      inputs: { ...stale, dry_run: 'false' },
    },
  ]
}

/** @param {Sandbox} sandbox @param {Chapter} chapter @returns {Job} */
function toJob({ managementUrl, orgId }, { name, title, uses, inputs, prepare, usesKey }) {
  const account = {
    org_key: `\${{ secrets.JUNCTION_ORG_KEY }}`,
    org_id: `\${{ vars.JUNCTION_ORG_ID }}`,
    team_id: `\${{ vars.JUNCTION_TEAM_ID }}`,
  }
  const [, folder = '.'] = uses.split('/')
  const placeOf = () => name
  const given = { ...account, ...inputs }
  const step = { uses, folder, name: uses, id: 'key', inputs: given, env: {}, placeOf }
  const env = {
    MANAGEMENT_KEY: `\${{ steps.key.outputs.key }}`,
    KEYS_URL: `${managementUrl}/v1/org/${orgId}/management_key`,
  }
  const script = fileURLToPath(new URL('use-key.js', import.meta.url))
  const useKey = { uses: '', name: 'node use-key.js', script, inputs: {}, env, placeOf }
  const steps = usesKey ? [step, useKey] : [step]
  const nothing = { env: {}, outputs: {}, contexts: {} }
  return { ...nothing, id: name, title: `${name}: ${title}`, place: name, prepare, steps }
}
