import { judgeLife } from './judge.js'
import { writeKeys, writeRequests, writeSecrets, writeSummary } from './record.js'
import { runPostStep, runStep, useKey } from './step.js'

/** @import { JobContext } from '../local-runner/types.ts' */
/** @import { Chapter, DemoService, Plan, PreviewWorld, Stage } from './types.ts' */

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

/**
 * Runs the life of a preview's key, from the opening of its pull request to its end, and what
 * becomes of a stale key.
 *
 * @param {Stage} stage
 * @param {PreviewWorld} world
 * @returns {Promise<string[]>} What is wrong.
 */
export async function tellLife(stage, world) {
  const { service, screen } = stage
  /** @type {Chapter[]} */
  const chapters = []
  for (const plan of planLife(service, world)) {
    const chapter = await play(stage, world, plan)
    chapters.push(chapter)
    if (chapter.main.outcome === 'failure' || stage.interrupt.happened) break
  }
  writeKeys(screen, await service.listKeys(), chapters)
  writeSecrets(screen, chapters)
  writeRequests(screen, world.listRequests())
  return judgeLife(stage, world, chapters)
}

/**
 * @param {DemoService} service
 * @param {PreviewWorld} world
 * @returns {Plan[]}
 */
function planLife({ label }, { githubToken, closePullRequest }) {
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
      prepare: closePullRequest,
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

/**
 * @param {Stage} stage
 * @param {PreviewWorld} world
 * @param {Plan} plan
 * @returns {Promise<Chapter>}
 */
async function play(stage, world, { name, title, action, inputs, prepare, usesKey }) {
  const { hasPost, ...uses } = ACTIONS[action]
  const step = {
    ...uses,
    inputs: { ...stage.service.inputs, ...inputs },
    context: action === 'prune' ? schedule(stage.service.context) : stage.service.context,
  }
  prepare?.()
  stage.screen.write(`\n── ${name}: ${title}`)
  const main = await runStep(stage, step, { brief: true })
  const used = usesKey ? await useKey(stage, main) : true
  const post = hasPost ? await runPostStep(stage, step, main, used) : undefined
  writeSummary(stage.screen, main, post)
  return {
    name,
    main,
    post,
    used,
    keys: await stage.service.listKeys(),
    secrets: world.listSecrets(),
  }
}

/**
 * @param {JobContext} context
 * @returns {JobContext}
 */
function schedule(context) {
  return { ...context, github: { ...context.github, ...SCHEDULED } }
}
