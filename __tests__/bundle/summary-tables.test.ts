import { describe, expect, test } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { SECRET, withAction } from '../support/scenario.js'

const GHES = { context: { github: { server_url: 'https://ghes.fake.example/' } } }
const FOUR = 'repo\nrepo app=dependabot\nenv=preview\norg=octo-org app=agents'

describe('the job summary with secrets', () => {
  test.concurrent('has a row for each target, with a link to its settings', () =>
    withAction('. with secrets', async ({ main }) => {
      const run = await main({ secret_targets: FOUR, create_environments: 'true' }, GHES)
      const at = 'https://ghes.fake.example/octo-org/example/settings'
      expect(readRows(run, 3)).toEqual([
        '| Secret | Where | Status |',
        `| \`${SECRET}\` | [repository \`octo-org/example\`](${at}/secrets/actions) | created |`,
        `| \`${SECRET}\` | [repository \`octo-org/example\`](${at}/secrets/dependabot) (\`app=dependabot\`) | created |`,
        `| \`${SECRET}\` | [environment \`preview\`](${at}/environments) of \`octo-org/example\` | created |`,
        `| \`${SECRET}\` | organization \`octo-org\` (\`app=agents\`) | created |`,
      ])
    }))

  test.concurrent('says of an organization where its secrets are set', () =>
    withAction('. with secrets', async ({ main }) => {
      const run = await main({ secret_targets: 'org=octo-org' })
      expect(run.summary).toContain(
        '[organization `octo-org`](https://github.com/organizations/octo-org/settings/secrets/actions)',
      )
    }))

  test.concurrent('says which secrets have the key after a write that failed', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      await main({ secret_targets: 'repo\nrepo app=dependabot' })
      const path = 'dependabot'
      sandbox.misbehave({ kind: 'status', status: 403, method: 'PUT', path, times: Infinity })
      const run = await main({ secret_targets: 'repo\nrepo app=dependabot\norg=octo-org' })
      expect(run.outcome).toBe('failure')
      expect(run.summary).toMatch(
        /^### ❌ Management Key `preview-42` was delivered only in part\n\n.*403 after \d attempts: .*\n/,
      )
      expect(run.summary).toContain(`| \`${run.outputs['key_id']}\` | stays active |`)
      expect(readStatuses(run)).toEqual(['updated', 'not written', 'created'])
      expect(run.summary).toMatch(/\*\*Next\*\*\n\n- .*`if_exists: replace`/)
      const cleaned = await post(run, { revoke: 'always' })
      expect(cleaned.summary).toMatch(/^### ⚠️ Management Key `preview-42` stays active$/m)
    }))

  test.concurrent('says which secret may have it', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      await main({ secret_targets: 'repo\norg=octo-org' })
      const lost = { kind: 'status', status: 500, method: 'PUT', times: Infinity } as const
      sandbox.misbehave({ ...lost, path: '/orgs/octo-org' })
      const run = await main({ secret_targets: 'repo\norg=octo-org\nrepo app=dependabot' })
      expect(readStatuses(run)).toEqual(['updated', 'may be written', 'created'])
    }))

  test.concurrent('says that everything was taken back', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const path = 'dependabot'
      sandbox.misbehave({ kind: 'status', status: 403, method: 'PUT', path, times: Infinity })
      const run = await main({ secret_targets: 'repo\nrepo app=dependabot' })
      expect(run.outcome).toBe('failure')
      expect(run.summary).toMatch(
        /^### ❌ .* `preview-42` could not be delivered, and was revoked$/m,
      )
      expect(run.summary).toContain(`| \`${sandbox.keys()[0]?.id}\` | revoked |`)
      expect(readStatuses(run)).toEqual(['not written (rolled back)', 'not written'])
    }))

  test.concurrent('says what the post step deleted', () =>
    withAction('. with secrets', async ({ main, post }) => {
      const cleaned = await post(await main(), { revoke: 'always' })
      expect(readStatuses(cleaned)).toEqual(['deleted'])
    }))

  test.concurrent('names the targets that a revocation needs, and who may read an organization secret', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.github.addRepository('octo-org/other')
      const target = 'org=octo-org visibility=selected repos=example,other'
      const { summary } = await main({ secret_targets: `repo\n${target}` })
      expect(summary).toContain('(`visibility=selected`, `repos=example,other`) | created |')
      expect(summary).toMatch(
        /^- .*To revoke it, .* with `repo=octo-org\/example name=JUNCTION_KEY` and `org=octo-org name=JUNCTION_KEY` as `secret_targets`/m,
      )
    }))

  test.concurrent('marks the newest of several keys that are in place, and when each was created', () =>
    withAction('. with secrets', async ({ main, addKey }) => {
      const newest = addKey(undefined, { createdAt: '2026-03-02T01:00:00Z' })
      await main()
      const old = addKey(undefined, { createdAt: '2026-01-02T01:00:00Z' })
      const run = await main({ if_exists: 'skip' })
      expect(run.outputs['key_id']).not.toBe(old)
      expect(run.summary).toContain(`| \`${newest}\` | 2026-03-02 01:00:00 UTC | active |`)
      expect(run.summary).toContain(`| \`${old}\` | 2026-01-02 01:00:00 UTC | active |`)
      expect(run.summary).toMatch(
        new RegExp(`^\\| \`${run.outputs['key_id']}\` \\| .* UTC \\| active, newest \\|$`, 'm'),
      )
    }))

  test.concurrent('says what there is when nothing is to do', () =>
    withAction('. with secrets', async ({ main }) => {
      await main()
      const run = await main({ if_exists: 'skip' })
      expect(run.summary).toMatch(/^### ✅ Management Key `preview-42` is already in place$/m)
      expect(readStatuses(run)).toEqual(['active', 'exists'])
    }))
})

describe('the job summary of a prune', () => {
  const PREVIEWS = { label_pattern: 'preview-{pr}', closed_pull_requests: 'true' }

  test.concurrent('says what it found, and links the pull requests', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      const { repository, github, githubToken } = sandbox
      github.addPullRequest(repository, 7, { state: 'closed' })
      const id = addKey('preview-7')
      const open = addKey('preview-8')
      github.addPullRequest(repository, 8)
      const inputs = { ...PREVIEWS, github_token: githubToken }
      const dry = await main(inputs, GHES)
      expect(dry.summary).toMatch(/^### ⚠️ Found 1 stale key$/m)
      expect(dry.summary).toContain(
        `| \`${id}\` | \`preview-7\` | 0 min | pull request closed ([#7](https://ghes.fake.example/octo-org/example/pull/7)) | would be revoked |`,
      )
      expect(dry.summary).toContain(
        `| \`${open}\` | \`preview-8\` | 0 min | pull request not closed ([#8](https://ghes.fake.example/octo-org/example/pull/8)) | stays active |`,
      )
      expect(dry.summary).toMatch(/\*\*Next\*\*\n\n- .*\n- .*`dry_run: false`/)
      const swept = await main({ ...inputs, dry_run: 'false' })
      expect(swept.summary).toMatch(/^### ✅ Revoked 1 stale key$/m)
      expect((await main(inputs)).summary).toMatch(/^### ✅ No key is stale$/m)
    }))

  test.concurrent('says that there are too many', () =>
    withAction('prune', async ({ main, addKey }) => {
      const [createdAt, older_than] = ['2026-01-01T00:00:00Z', '1h']
      for (const label of ['ci-1', 'ci-2']) addKey(label, { createdAt })
      const inputs = { label_pattern: 'ci-*', older_than, dry_run: 'false', max_revocations: '1' }
      const run = await main(inputs)
      expect(run.outcome).toBe('failure')
      expect(run.summary).toMatch(/^### ❌ Found 2 stale keys, more than `max_revocations` \(1\)$/m)
      expect(run.summary).toMatch(/\*\*Next\*\*\n\n(- .*\n)*- Raise `max_revocations`/)
    }))
})

describe('the log', () => {
  test.concurrent('folds many lines, shows a few, and makes one notice', () =>
    withAction('prune', async ({ main, addKey }) => {
      const createdAt = '2026-01-01T00:00:00Z'
      const inputs = { label_pattern: 'ci-*', older_than: '1h', dry_run: 'false' }
      addKey('ci-1', { createdAt })
      expect((await main(inputs)).lines.filter((line) => line.startsWith('::group::'))).toEqual([])
      for (let number = 0; number < 6; number += 1) addKey(`ci-${number}`, { createdAt })
      const dry = await main({ ...inputs, dry_run: 'true' })
      const done = await main(inputs)
      expect(readGroups(dry)).toEqual([['Would revoke 6 keys', 6]])
      expect(readGroups(done)).toEqual([['Revoking 6 keys', 6]])
      for (const run of [dry, done]) {
        expect(run.annotations.map(({ level }) => level)).toEqual(['notice'])
        expect(run.annotations[0]?.properties['title']).toBe('Junction Management Key')
      }
    }))
})

describe('the job summary of a step that ends early', () => {
  const forbidden = { kind: 'status', status: 403, times: Infinity } as const

  test.concurrent('says why no key was created, each reason by itself', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.misbehave({ ...forbidden, path: 'dependabot' })
      const run = await main({ secret_targets: 'repo app=dependabot\nenv=missing' })
      expect(run.summary).toMatch(
        /^### ❌ The Management Key could not be created\n\n2 secrets could not be written.*\n- .*403 after \d attempts: .*\n- .*the environment does not exist.*\n\n\*\*Next\*\*\n\n(- .*\n){2}\n$/,
      )
    }))

  test.concurrent('names the keys that may be active', () =>
    withAction('.', async ({ main, post, sandbox }) => {
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
    }))

  test.concurrent('says which input is wrong', () =>
    withAction('.', async ({ main }) => {
      const run = await main({ team_id: 'none', label: '' })
      expect(run.summary).toMatch(/^- `team_id`.*\n- label/m)
    }))

  test.concurrent('says why revoke changed nothing', () =>
    withAction('revoke', async ({ main, sandbox }) => {
      sandbox.misbehave(forbidden)
      const run = await main({ label: 'preview-42' })
      expect(run.summary).toMatch(/^### ❌ The Management Keys could not be revoked\n\n.* 403 /)
    }))

  test.concurrent('says why prune changed nothing', () =>
    withAction('prune', async ({ main, sandbox }) => {
      sandbox.misbehave(forbidden)
      const run = await main({ label_pattern: '*', older_than: '1d' })
      expect(run.summary).toMatch(
        /^### ❌ The stale Management Keys could not be pruned\n\n.* 403 /,
      )
    }))

  test.concurrent('says why the post step could not clean up', () =>
    withAction('.', async ({ main, post }) => {
      const run = await main({ revoke: 'always' })
      const cleaned = await post(run, { revoke: 'always', org_key: '' })
      expect(cleaned.outcome).toBe('success')
      expect(cleaned.summary).toContain('### ⚠️ The Management Key could not be cleaned up\n')
      expect(cleaned.summary).toContain(run.outputs['key_id'])
    }))

  test.concurrent('has one title', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.misbehave({ ...forbidden, method: 'PUT' })
      const run = await main()
      expect(run.outcome).toBe('failure')
      expect(run.summary.match(/^### /gm)).toHaveLength(1)
    }))
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
