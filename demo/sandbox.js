import { startSandbox } from '../sandbox/server.js'
import { recordOf } from './request-json.js'

/** @import { SandboxSecret } from '../sandbox/github/views.js' */
/** @import { RecordedRequest } from '../sandbox/request-log.js' */
/** @import { Sandbox } from '../sandbox/server.js' */
/** @import { DemoService } from './demo-service.js' */

/**
 * A GitHub secret as the demo's table shows it: not its value, but which key that value is.
 *
 * @typedef {object} SecretRow
 * @property {string} scope
 * @property {string} name
 * @property {string | undefined} keyId `undefined` when it is no key, or the box did not open.
 */

/** @typedef {{ service: string, method: string, path: string, status: number | null }} RequestRow */

/**
 * The sandbox as the story of a preview key needs it.
 *
 * @typedef {object} PreviewWorld
 * @property {string} githubToken May write secrets.
 * @property {string} forgottenKeyId Of a key that its closed pull request left behind.
 * @property {string} youngKeyId Of a key whose pull request is open.
 * @property {() => void} closePullRequest The one of the demo's key.
 * @property {() => SecretRow[]} listSecrets Opened.
 * @property {() => RequestRow[]} listRequests
 * @property {() => string[]} listHidden What nobody may see: keys, tokens, and sealed values as they were sent.
 */

const PULL_REQUEST = 42
const FORGOTTEN = { pullRequest: 7, days: 30 }
const YOUNG = { pullRequest: 41, days: 2 }

/**
 * Starts a sandbox in which two other pull requests had keys before.
 *
 * @returns {Promise<DemoService>}
 */
export async function openSandbox() {
  const sandbox = await startSandbox({ port: 0 })
  const { repository, github } = sandbox
  github.addPullRequest(repository, PULL_REQUEST)
  github.addPullRequest(repository, YOUNG.pullRequest)
  github.addPullRequest(repository, FORGOTTEN.pullRequest, { merged: true })
  const forgottenKeyId = addOldKey(sandbox, FORGOTTEN)
  const youngKeyId = addOldKey(sandbox, YOUNG)
  return {
    title: `the embedded sandbox at ${sandbox.url}, which stands in for the Management API and for GitHub`,
    inputs: {
      org_key: sandbox.orgKey,
      org_id: sandbox.orgId,
      team_id: sandbox.teamIds[0] ?? '',
      api_url: sandbox.managementUrl,
    },
    label: labelOf(PULL_REQUEST),
    credentials: [sandbox.orgKey, sandbox.githubToken, sandbox.workflowToken],
    context: {
      github: { repository, api_url: sandbox.githubUrl, token: sandbox.workflowToken },
    },
    listKeys: async () =>
      sandbox.keys().map(({ id, label, teamIds, revokedAt }) => ({
        id,
        label,
        teamIds,
        live: revokedAt === null,
      })),
    world: {
      githubToken: sandbox.githubToken,
      forgottenKeyId,
      youngKeyId,
      closePullRequest: () => {
        github.closePullRequest(repository, PULL_REQUEST, { merged: true })
      },
      listSecrets: () => github.secrets().map((secret) => toSecretRow(secret, sandbox)),
      listRequests: () => sandbox.requests.map((request) => toRequestRow(request, sandbox)),
      listHidden: () => [
        sandbox.orgKey,
        sandbox.githubToken,
        sandbox.workflowToken,
        ...sandbox.keys().map(({ key }) => key),
        ...sandbox.requests.flatMap(readSealedValue),
      ],
    },
    stop: () => sandbox.stop(),
  }
}

/**
 * @param {Sandbox} sandbox
 * @param {{ pullRequest: number, days: number }} old
 */
function addOldKey(sandbox, { pullRequest, days }) {
  return sandbox.addKey({
    label: labelOf(pullRequest),
    teamIds: sandbox.teamIds.slice(0, 1),
    createdAt: new Date(Date.now() - days * 86_400_000).toISOString(),
  }).id
}

/** @param {number} pullRequest */
function labelOf(pullRequest) {
  return `preview-pr-${pullRequest}`
}

/**
 * @param {SandboxSecret} secret
 * @param {Sandbox} sandbox
 * @returns {SecretRow}
 */
function toSecretRow({ owner, repo, environment, name, value }, sandbox) {
  const place = repo === undefined ? `organisation ${owner}` : `repository ${owner}/${repo}`
  const scope = environment === undefined ? place : `environment ${environment} of ${place}`
  return { scope, name, keyId: sandbox.keys().find(({ key }) => key === value)?.id }
}

/**
 * @param {RecordedRequest} request
 * @returns {string[]}
 */
function readSealedValue({ body }) {
  const { encrypted_value: sealed } = recordOf(body)
  return typeof sealed === 'string' ? [sealed] : []
}

/**
 * @param {RecordedRequest} request
 * @param {Sandbox} sandbox
 * @returns {RequestRow}
 */
function toRequestRow({ method, path, status }, { githubUrl }) {
  const isGitHub = path.startsWith(`${new URL(githubUrl).pathname}/`)
  return { service: isGitHub ? 'GitHub' : 'Management API', method, path, status }
}
