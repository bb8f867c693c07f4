import { fileURLToPath } from 'node:url'
import { runMain } from '../local-runner/run-action.js'
import { startSandbox } from '../sandbox/server.js'

/** @import { Sandbox } from '../sandbox/types.ts' */

const LABEL = 'my-app preview-pr-42'
const DAY_MS = 86_400_000

/**
 * The job summaries that the pictures in `docs/images/` show, by the name of the picture: what the built actions
 * write, run against the sandbox.
 *
 * @returns {Promise<Record<string, string>>}
 */
export async function playScenes() {
  const sandbox = await startSandbox()
  try {
    return {
      'created-summary': await createKey(sandbox),
      'failed-summary': await failToCreateKey(sandbox),
      'prune-report': await reportStaleKeys(sandbox),
    }
  } finally {
    await sandbox.stop()
  }
}

/** @param {Sandbox} sandbox */
function createKey(sandbox) {
  addKey(sandbox, LABEL, 7)
  return run(sandbox, '.', {
    team_id: sandbox.teamIds[0] ?? '',
    label: LABEL,
    if_exists: 'replace',
    secret_name: 'JUNCTION_MANAGEMENT_KEY',
    secret_targets: 'env=preview-pr-42\nrepo app=dependabot',
    create_environments: 'true',
    github_token: sandbox.githubToken,
    output_key: 'false',
  })
}

/** @param {Sandbox} sandbox */
function failToCreateKey(sandbox) {
  return run(
    sandbox,
    '.',
    {
      team_id: sandbox.teamIds[0] ?? '',
      label: 'my-app production',
      secret_name: 'JUNCTION_MANAGEMENT_KEY',
      secret_targets: 'env=prodution\nrepo=octo-org/woker',
      github_token: sandbox.githubToken,
    },
    'failure',
  )
}

/** @param {Sandbox} sandbox */
function reportStaleKeys(sandbox) {
  const { github, repository, githubToken } = sandbox
  for (const number of [7, 31, 41]) {
    github.addPullRequest(repository, number, number === 41 ? {} : { merged: true })
    addKey(sandbox, `my-app preview-pr-${number}`, 50 - number)
  }
  return run(sandbox, 'prune', {
    label_pattern: 'my-app preview-pr-{pr}',
    older_than: '21d',
    closed_pull_requests: 'true',
    github_token: githubToken,
  })
}

/**
 * @param {Sandbox} sandbox
 * @param {string} label
 * @param {number} days Its age.
 */
function addKey({ teamIds, ...sandbox }, label, days) {
  const createdAt = new Date(Date.now() - days * DAY_MS).toISOString()
  sandbox.addKey({ label, teamIds: teamIds.slice(0, 1), createdAt })
}

/**
 * Runs an action and returns its job summary.
 *
 * @param {Sandbox} sandbox
 * @param {string} folder Of its action.yml.
 * @param {Record<string, string>} inputs
 * @param {'success' | 'failure'} [end]
 */
async function run(sandbox, folder, inputs, end = 'success') {
  const { orgKey, orgId, managementUrl, repository, githubUrl } = sandbox
  const { outcome, summary, stdout } = await runMain({
    actionDir: fileURLToPath(new URL(`../${folder}`, import.meta.url)),
    context: { github: { repository, api_url: githubUrl } },
    inputs: { org_key: orgKey, org_id: orgId, api_url: managementUrl, ...inputs },
  })
  if (outcome !== end) throw new Error(`The step ended with ${outcome}:\n${stdout}`)
  return summary
}
