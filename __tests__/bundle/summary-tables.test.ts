import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { daysBefore } from '../support/listed-keys.js'
import { SECRET, testAction } from '../support/scenario.js'

const test = testAction('. with secrets')
const testPrune = testAction('prune')
const testCreate = testAction('.')
const testRevoke = testAction('revoke')

const GHES = { context: { github: { server_url: 'https://ghes.fake.example/' } } }
const FOUR = 'repo\nrepo app=dependabot\nenv=preview\norg=octo-org app=agents'

describe('the job summary with secrets', () => {
  test('has a row for each target, with a link to its settings', async ({ succeed, post }) => {
    const run = await succeed({ secret_targets: FOUR, create_environments: 'true' }, GHES)
    const at = 'https://ghes.fake.example/octo-org/example/settings'
    expect(readRows(run, 3)).toEqual([
      '| Secret | Where | Status |',
      `| \`${SECRET}\` | [repository \`octo-org/example\`](${at}/secrets/actions) | created |`,
      `| \`${SECRET}\` | [repository \`octo-org/example\`](${at}/secrets/dependabot) (\`app=dependabot\`) | created |`,
      `| \`${SECRET}\` | [environment \`preview\`](${at}/environments) of \`octo-org/example\` | created |`,
      `| \`${SECRET}\` | organization \`octo-org\` (\`app=agents\`, \`visibility=private\`) | created |`,
    ])
    const cleaned = await post(run, { revoke: 'always' }, GHES)
    expect(readStatuses(cleaned)).toEqual(Array(4).fill('deleted'))
  })

  test('says who may read an organization secret, and how to revoke its key', async (scenario) => {
    const { succeed, sandbox } = scenario
    sandbox.github.addRepository('octo-org/other')
    const target = 'org=octo-org visibility=selected repos=example,other'
    const { summary } = await succeed({ secret_targets: `repo\n${target}` })
    expect(summary).toContain('(`visibility=selected`, `repos=example,other`) | created |')
    expect(summary).toContain(
      '[organization `octo-org`](https://github.com/organizations/octo-org/settings/secrets/actions)',
    )
    expect(summary).toMatch(
      /^- .*To revoke it, .* with `repo=octo-org\/example name=JUNCTION_KEY` and `org=octo-org name=JUNCTION_KEY` as `secret_targets`/m,
    )
    const kept = await succeed({ secret_targets: 'org=octo-org' })
    expect(kept.summary).toContain('(`visibility=selected`) | updated |')
  })

  test('says what becomes of the secrets when the key is revoked at the end', async (scenario) => {
    const { succeed, post } = scenario
    const created = await succeed({ secret_targets: 'repo', revoke: 'on_failure' })
    expect(created.summary).toContain(
      '| the key is revoked if the job fails or is canceled; secrets that were created are deleted first |',
    )
    const run = await succeed({
      secret_targets: FOUR,
      create_environments: 'true',
      revoke: 'always',
    })
    expect(run.summary).toContain(
      '| the key is revoked; secrets that were created are deleted first; secrets that were overwritten then contain a revoked key |',
    )
    const cleaned = await post(run, { revoke: 'always' })
    expect(readStatuses(cleaned).toSorted()).toEqual([
      'contains the revoked key',
      ...Array(3).fill('deleted'),
    ])
    expect(cleaned.summary).toMatch(/^### ⚠️ Revoked [\s\S]*\n- .*run again without `revoke`\.$/m)
  })

  test('says which secrets have the key after a failed write', async ({ main, post, sandbox }) => {
    await main({ secret_targets: 'repo\nrepo app=dependabot' })
    const path = 'dependabot'
    sandbox.misbehave({ kind: 'status', status: 403, method: 'PUT', path, times: Infinity })
    const run = await main({ secret_targets: 'repo\nrepo app=dependabot\norg=octo-org' })
    expect(run.outcome).toBe('failure')
    expect(run.summary).toMatch(
      /^### ❌ Management Key `preview-42` was delivered only in part\n\n.*403.*\n/,
    )
    expect(run.summary).toContain(`| \`${run.outputs['key_id']}\` | stays active |`)
    expect(readStatuses(run)).toEqual(['updated', 'not written', 'created'])
    expect(run.summary).toMatch(/\*\*Next\*\*\n\n- .*`if_exists: replace`/)
    const cleaned = await post(run, { revoke: 'always' })
    expect(cleaned.summary).toMatch(/^### ⚠️ Management Key `preview-42` stays active$/m)
  })

  test('says which secret may have it', async ({ main, sandbox }) => {
    await main({ secret_targets: 'repo\norg=octo-org' })
    const lost = { kind: 'status', status: 500, method: 'PUT', times: Infinity } as const
    sandbox.misbehave({ ...lost, path: '/orgs/octo-org' })
    const run = await main({ secret_targets: 'repo\norg=octo-org\nrepo app=dependabot' })
    expect(readStatuses(run)).toEqual(['updated', 'may be written', 'created'])
  })

  test('says that everything was taken back', async ({ main, sandbox }) => {
    const path = 'dependabot'
    sandbox.misbehave({ kind: 'status', status: 403, method: 'PUT', path, times: Infinity })
    const run = await main({ secret_targets: 'repo\nrepo app=dependabot' })
    expect(run.outcome).toBe('failure')
    expect(run.summary).toMatch(/^### ❌ .* `preview-42` could not be delivered, and was revoked$/m)
    expect(run.summary).toContain(`| \`${sandbox.keys()[0]?.id}\` | revoked |`)
    expect(readStatuses(run)).toEqual(['not written (rolled back)', 'not written'])
    expect(run.summary.match(/^### /gm)).toHaveLength(1)
  })

  test('says what there is when nothing is to do, and marks the newest of several keys', async (scenario) => {
    const { succeed, addKey } = scenario
    const older = ['2026-03-02', '2026-01-02'].map((day) => {
      return { day, id: addKey(undefined, { createdAt: `${day}T01:00:00Z` }) }
    })
    const newest = (await succeed()).outputs['key_id']
    const run = await succeed({ if_exists: 'skip' })
    expect(run.outputs['key_id']).toBe(newest)
    expect(run.summary).toMatch(/^### ✅ Management Key `preview-42` is already in place$/m)
    for (const { day, id } of older) {
      expect(run.summary).toContain(`| \`${id}\` | ${day} 01:00:00 UTC | active |`)
    }
    expect(run.summary).toMatch(
      new RegExp(`^\\| \`${newest}\` \\| .* UTC \\| active, newest \\|$`, 'm'),
    )
    expect(readStatuses(run)).toContain('exists')
  })
})

describe('the job summary of a prune', () => {
  const PREVIEWS = { label_pattern: 'preview-{pr}', closed_pull_requests: 'true' }

  testPrune('says what it found, and links pull requests', async ({ main, addKey, sandbox }) => {
    const { repository, github, githubToken } = sandbox
    github.addPullRequest(repository, 7, { state: 'closed' })
    const id = addKey('preview-7')
    const open = addKey('preview-8', { createdAt: daysBefore(3.1) })
    github.addPullRequest(repository, 8)
    const inputs = { ...PREVIEWS, github_token: githubToken }
    const dry = await main(inputs, GHES)
    expect(dry.summary).toMatch(/^### ⚠️ 1 stale key would be revoked$/m)
    const rows = dry.summary.replace(/\d+ min/g, '0 min')
    const link = 'https://ghes.fake.example/octo-org/example/pull'
    expect(rows).toContain(
      `| \`${id}\` | \`preview-7\` | 0 min | [#7](${link}/7) | pull request closed | would be revoked |`,
    )
    expect(rows).toContain(
      `| \`${open}\` | \`preview-8\` | 3 days | [#8](${link}/8) | pull request not closed | stays active |`,
    )
    // What is stale comes first, however old it is.
    expect(rows.indexOf(id)).toBeLessThan(rows.indexOf(open))
    expect(dry.summary).toMatch(/\*\*Next\*\*\n\n- .*\n- .*`dry_run: false`/)
    const swept = await main({ ...inputs, dry_run: 'false' })
    expect(swept.summary).toMatch(/^### ✅ 1 stale key revoked$/m)
    expect((await main(inputs)).summary).toMatch(/^### ✅ No key is stale$/m)
  })
})

describe('the log', () => {
  testPrune('folds many lines, shows a few, and makes one notice', async ({ main, addKey }) => {
    const createdAt = '2026-01-01T00:00:00Z'
    const inputs = { label_pattern: 'ci-*', older_than: '1h', dry_run: 'false' }
    addKey('ci-1', { createdAt })
    expect((await main(inputs)).lines.filter((line) => line.startsWith('::group::'))).toEqual([])
    for (let number = 0; number < 6; number += 1) addKey(`ci-${number}`, { createdAt })
    const dry = await main({ ...inputs, dry_run: 'true' })
    const done = await main(inputs)
    expect(readGroups(dry)).toEqual([['6 stale keys would be revoked', 6]])
    expect(readGroups(done)).toEqual([['Revoking 6 keys', 6]])
    for (const run of [dry, done]) {
      expect(run.annotations.map(({ level }) => level)).toEqual(['notice'])
      expect(run.annotations[0]?.properties['title']).toBe('Junction Management Key')
    }
  })
})

describe('the job summary of a step that ends early', () => {
  const forbidden = { kind: 'status', status: 403, times: Infinity } as const

  test('says why no key was created, each reason by itself', async ({ main, sandbox }) => {
    sandbox.misbehave({ ...forbidden, path: 'dependabot' })
    const run = await main({ secret_targets: 'repo app=dependabot\nenv=missing' })
    expect(run.summary).toMatch(
      /^### ❌ The Management Key could not be created\n\n2 secrets could not be written.*\n- .*403.*\n- .*the environment does not exist.*\n\n\*\*Next\*\*\n\n(- .*\n){2}\n$/,
    )
  })

  testCreate('names the keys that may be active', async ({ main, post, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 500, after: 'work', method: 'POST' })
    const run = await main()
    expect(run.outcome).toBe('failure')
    expect(run.outputs['created']).toBe('false')
    const [{ id = '' } = {}] = sandbox.activeKeys()
    expect(run.summary).toMatch(
      /^### ❌ A Management Key `preview-42` that nothing uses may be active\n/,
    )
    expect(run.summary).toContain(`| \`${id}\` | may be active |`)
    const { summary, stdout } = await post(run)
    expect(summary).toContain(`| \`${id}\` | may still be active |`)
    // The service did respond.
    expect(run.stdout + stdout).not.toContain('no response')
  })

  testCreate('says which input is wrong', async ({ main }) => {
    const run = await main({ team_id: 'none', label: '' })
    expect(run.summary).toMatch(/^- `team_id`.*\n- label/m)
  })

  testRevoke('says why revoke changed nothing', async ({ main, sandbox }) => {
    sandbox.misbehave(forbidden)
    const run = await main({ label: 'preview-42' })
    expect(run.summary).toMatch(/^### ❌ The Management Keys could not be revoked\n\n.* 403 /)
  })

  testPrune('says why prune changed nothing', async ({ main, sandbox }) => {
    sandbox.misbehave(forbidden)
    const run = await main({ label_pattern: '*', older_than: '1d' })
    expect(run.summary).toMatch(/^### ❌ The stale Management Keys could not be pruned\n\n.* 403 /)
  })

  testCreate('says why the post step could not clean up', async ({ main, post }) => {
    const run = await main({ revoke: 'always' })
    const cleaned = await post(run, { revoke: 'always', org_key: '' })
    expect(cleaned.outcome).toBe('success')
    expect(cleaned.summary).toContain('### ⚠️ The Management Key could not be cleaned up\n')
    expect(cleaned.summary).toContain(run.outputs['key_id'])
    expect(cleaned.summary).toContain('/docs/troubleshooting.md)')
  })
})

/** Rows of the tables that have so many columns, without the line below the header. */
function readRows({ summary }: RunResult, columns: number): readonly string[] {
  return summary
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.split(' | ').length === columns)
}

function readStatuses(run: RunResult): readonly string[] {
  return readRows(run, 3).flatMap((row) => /^\| `.* \| (.*) \|$/.exec(row)?.[1] ?? [])
}

/** Titles of the groups in the log, and how many lines each has. */
function readGroups({ lines }: RunResult): readonly (readonly [string, number])[] {
  const shown = lines.filter((line) => !line.startsWith('::debug::'))
  return [...shown.join('\n').matchAll(/^::group::(.*)\n([\s\S]*?)^::endgroup::$/gm)].map(
    ([, title = '', body = '']) => [title, body.trimEnd().split('\n').length],
  )
}
