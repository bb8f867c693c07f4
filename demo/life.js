import { writeKeys, writeSecrets, writeSummary } from './record.js'
import { runPostStep, runStep, useKey } from './step.js'

/** @import { Sandbox } from '../sandbox/types.ts' */
/** @import { Chapter, Plan, Stage } from './types.ts' */

const ACTIONS = {
  create: { name: 'junction-management-key', folder: '.', hasPost: true },
  revoke: { name: 'junction-management-key/revoke', folder: 'revoke', hasPost: false },
  prune: { name: 'junction-management-key/prune', folder: 'prune', hasPost: false },
}
const SCHEDULED = {
  event_name: 'schedule',
  job: 'prune',
  ref: 'refs/heads/main',
  ref_name: 'main',
  workflow: 'Prune',
}
const PULL_REQUEST = 42
/** Two other pull requests had keys before; the first is closed. */
const STALE = { pullRequest: 7, days: 30 }
const YOUNG = { pullRequest: 41, days: 2 }

/**
 * Runs the life of a preview's key, from the opening of its pull request to its end, and what
 * becomes of a stale key.
 *
 * @param {Stage} stage
 * @returns {Promise<boolean>} Whether every step succeeded.
 */
export async function tellLife(stage) {
  const { sandbox, screen, interrupt } = stage
  const { github, repository } = sandbox
  github.addPullRequest(repository, PULL_REQUEST)
  github.addPullRequest(repository, YOUNG.pullRequest)
  github.addPullRequest(repository, STALE.pullRequest, { merged: true })
  addOldKey(sandbox, STALE)
  addOldKey(sandbox, YOUNG)
  const plans = planLife(sandbox)
  /** @type {Chapter[]} */
  const chapters = []
  for (const plan of plans) {
    chapters.push(await play(stage, plan))
    if (!chapters.at(-1)?.succeeded || interrupt.happened) break
  }
  writeKeys(screen, sandbox.keys(), chapters)
  writeSecrets(screen, chapters)
  return chapters.length === plans.length && chapters.every(({ succeeded }) => succeeded)
}

/** @param {Sandbox} sandbox @returns {Plan[]} */
function planLife({ githubToken, github, repository }) {
  const label = labelOf(PULL_REQUEST)
  const secret = {
    secret_name: 'JUNCTION_MANAGEMENT_KEY',
    secret_targets: `env=${label}`,
    github_token: githubToken,
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
      action: 'create',
      inputs: { label, ...secret, create_environments: 'true' },
      usesKey: true,
    },
    {
      name: 'push',
      title: 'a new key replaces the old one, in the secret too',
      action: 'create',
      inputs: { label, if_exists: 'replace', ...secret },
    },
    {
      name: 'close',
      title: 'pull request 42 is merged; the secret is deleted, then the key revoked',
      action: 'revoke',
      inputs: { label, ...secret },
      prepare: () => github.addPullRequest(repository, PULL_REQUEST, { merged: true }),
    },
    {
      name: 'report',
      title: 'at night, stale keys are listed (dry run)',
      action: 'prune',
      inputs: { ...stale, dry_run: 'true' },
    },
    {
      name: 'prune',
      title: 'the same keys are revoked',
      action: 'prune',
      inputs: { ...stale, dry_run: 'false' },
    },
  ]
}

/** @param {Stage} stage @param {Plan} plan @returns {Promise<Chapter>} */
async function play(stage, { name, title, action, inputs, prepare, usesKey }) {
  const { sandbox, screen } = stage
  const { hasPost, ...uses } = ACTIONS[action]
  const { repository, githubUrl, workflowToken } = sandbox
  const step = {
    ...uses,
    inputs: {
      org_key: sandbox.orgKey,
      org_id: sandbox.orgId,
      team_id: sandbox.teamIds[0] ?? '',
      api_url: sandbox.managementUrl,
      ...inputs,
    },
    github: {
      repository,
      api_url: githubUrl,
      token: workflowToken,
      ...(action === 'prune' ? SCHEDULED : {}),
    },
  }
  prepare?.()
  screen.write(`\n── ${name}: ${title}`)
  const main = await runStep(stage, step)
  const used = usesKey ? await useKey(stage, main) : main.outcome === 'success'
  const post = hasPost ? await runPostStep(stage, step, main, used) : undefined
  writeSummary(screen, main, post)
  return {
    name,
    succeeded: used && (post ?? main).outcome === 'success',
    keys: sandbox.keys(),
    secrets: sandbox.github.secrets(),
  }
}

/** @param {Sandbox} sandbox @param {{ pullRequest: number, days: number }} old */
function addOldKey(sandbox, { pullRequest, days }) {
  sandbox.addKey({
    label: labelOf(pullRequest),
    teamIds: sandbox.teamIds.slice(0, 1),
    createdAt: new Date(Date.now() - days * 86_400_000).toISOString(),
  })
}

/** @param {number} pullRequest */
function labelOf(pullRequest) {
  return `preview-pr-${pullRequest}`
}
