import { startSandbox } from '../sandbox/server.js'
import { isRecord } from '../sandbox/shape.js'

/** @import { SandboxSecret } from '../sandbox/github/types.ts' */
/** @import { RecordedRequest, Sandbox } from '../sandbox/types.ts' */
/** @import { DemoService, RequestRow, SecretRow } from './types.ts' */

const PULL_REQUEST = 42
const STALE = { pullRequest: 7, days: 30 }
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
  github.addPullRequest(repository, STALE.pullRequest, { merged: true })
  const staleKeyId = addOldKey(sandbox, STALE)
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
      sandbox.keys().map(({ id, label, revokedAt }) => ({
        id,
        label,
        live: revokedAt === null,
      })),
    world: {
      githubToken: sandbox.githubToken,
      staleKeyId,
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
  const place = repo === undefined ? `organization ${owner}` : `repository ${owner}/${repo}`
  const scope = environment === undefined ? place : `environment ${environment}`
  return { scope, name, keyId: sandbox.keys().find(({ key }) => key === value)?.id }
}

/**
 * @param {RecordedRequest} request
 * @returns {string[]}
 */
function readSealedValue({ body }) {
  const sealed = isRecord(body) ? body['encrypted_value'] : undefined
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
