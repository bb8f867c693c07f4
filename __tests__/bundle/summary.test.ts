import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { withHttpServer } from '../support/http-server.js'
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

const LABELS = [
  'a|b `c` <img src=x> *d* _e_ [f](https://g.example) @octocat #1 \\ &amp; :+1: ~~h~~',
  'www.g.example, a@g.example, xmpp:a@g.example, mailto:a@g.example',
  '` `` a``` |`',
  '\\| \\\\| \\',
  '  blanks  ',
  '`',
]

describe('the job summary', () => {
  testCreate(
    'reports the key, its teams, where it was delivered and what it replaced',
    async (scenario) => {
      const { main, sandbox, inputs, addKey } = scenario
      const old = [1, 2].map(() => addKey())
      const run = await main({ if_exists: 'replace', env_name: 'JUNCTION_KEY' })
      const facts = readFacts(run.summary)
      expect(facts).toMatchObject({
        'Key ID': run.outputs['key_id'],
        Label: 'preview-42',
        Organization: sandbox.orgId,
        Team: inputs['team_id'],
        Role: 'team_admin',
        Created: run.outputs['created_at']
          ?.replace('T', ' ')
          .replace(/(\.\d+)?(Z|\+00:00)$/, ' UTC'),
        'Delivered to': 'step output `key`<br>environment variable `JUNCTION_KEY`',
      })
      expect(run.summary).toMatch(
        /^### ✅ Created Management Key `preview-42` and revoked 2 previous keys$/m,
      )
      for (const id of old) expect(run.summary).toContain(`| \`${id}\` | revoked |`)
      expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify(old))
    },
  )

  testCreate.each(LABELS)(
    'shows a label letter by letter, in a code span: %s',
    async (scenario, label) => {
      const { main } = scenario
      const { summary } = await main({ label })
      expect(readFacts(summary)['Label']).toBe(label)
    },
  )

  testCreate(
    'shows values from the service in code spans, on one line',
    async ({ main, sandbox }) => {
      const body = {
        toJSON: () => ({
          ...{ id: 'www.fake.example', key: sandbox.keys().at(-1)?.key, label: 'a\n\n# b' },
          ...{ role: 'admin@fake.example\u202e', created_at: 'xmpp:a@b.example' },
        }),
      }
      sandbox.misbehave({ kind: 'status', status: 200, after: 'work', method: 'POST', body })
      const { summary } = await main()
      expect(readFacts(summary)).toMatchObject({
        'Key ID': 'www.fake.example',
        Label: 'a # b',
        Role: 'admin@fake.example ',
        Created: 'xmpp:a@b.example',
      })
      expect(summary.replace(/```sh.*?```|(`+)[^`].*?\1/gs, '')).not.toMatch(/@|www|xmpp|^# b/m)
    },
  )

  testCreate(
    'says whether it was verified, and what happens at the end of the job',
    async ({ main }) => {
      const first = await main()
      expect(readFacts(first.summary)).toMatchObject({
        Verified: 'no',
        'When the job ends': 'nothing is revoked',
      })
      expect(first.summary).toContain('never expires')
      const second = await main({ verify: 'true', revoke: 'always' })
      expect(readFacts(second.summary)).toMatchObject({
        Verified: 'yes, by reading each team',
        'When the job ends': 'the key is revoked',
      })
      expect(second.summary).not.toContain('never expires')
    },
  )

  testCreate('gets a line when the post step revokes the key', async ({ main, post }) => {
    const created = await main()
    const cleaned = await post(created, { revoke: 'always' })
    expect(cleaned.summary).toMatch(
      /^### ✅ Revoked Management Key `preview-42` when the job ended$/m,
    )
    expect(cleaned.summary).toContain(`| \`${created.outputs['key_id']}\` | revoked |`)
    expect(cleaned.summary).toContain('Reason: `revoke is always`')
  })
})

// Windows has no shell that takes the command.
const hasCurl = process.platform !== 'win32' && spawnSync('curl', ['--version']).status === 0
const describeWithCurl = hasCurl ? describe : describe.skip

describeWithCurl('the command that revokes the key', () => {
  testCreate('works in any shell, and fails when the request does', async ({ main, sandbox }) => {
    const recipe = readRecipe(await main())
    // The service must answer meanwhile.
    const play = async (key: string) => {
      const env = { ...process.env, JUNCTION_ORG_KEY: key }
      const child = spawn('sh', ['-c', recipe], { env, stdio: 'ignore' })
      return (await once(child, 'exit'))[0]
    }
    expect(await play('mg_sandbox_no_such_key')).not.toBe(0)
    expect(sandbox.activeKeys()).toHaveLength(1)
    expect(await play(sandbox.orgKey)).toBe(0)
    expect(sandbox.activeKeys()).toEqual([])
    expect(recipe).not.toContain(sandbox.orgKey)
  })

  testCreate.each(["it's", "$(id)'$(id)", '[1-3];&!', "'''"])(
    'is quoted: %s',
    async ({ main }, path) => {
      const asked: string[] = []
      await withHttpServer(
        (request, response) => {
          asked.push(request.url ?? '')
          response.end(JSON.stringify({ id: "fake'i/d", key: 'mg_fake_new_key_0000' }))
        },
        async (url) => {
          const recipe = readRecipe(await main({ api_url: `${url}/${path}/` }))
          const script = `curl() { printf '%s\\n' "$@"; }; ${recipe}`
          const output = execFileSync('sh', ['-c', script], { encoding: 'utf8' })
          const words = ['--fail', '--globoff', `${url}${asked[0]}/fake'i%2Fd`]
          expect(output.split('\n')).toEqual(expect.arrayContaining(words))
        },
      )
    },
  )
})

function readRecipe({ summary }: RunResult): string {
  return /```sh\n(.*)\n```/.exec(summary)?.[1] ?? ''
}

/** The first table of the summary, as a page shows it; values that begin with one are code spans only. */
function readFacts(summary: string): Record<string, string> {
  const [table = ''] = summary.split('\n\n').filter((block) => block.startsWith('| '))
  return Object.fromEntries(
    [...table.matchAll(/^\| (?:\*\*)?([A-Z][a-zA-Z ]+)(?:\*\*)? \| (.*) \|$/gm)].map(
      ([, name = '', value = '']) => [name, value.startsWith('`') ? readCell(value) : value],
    ),
  )
}

/** Throws if there is text outside the code spans, or a pipe that ends the cell. */
function readCell(cell: string): string {
  if (/(?<!\\)\|/.test(cell)) throw new Error(`A pipe ends the cell ${cell}`)
  let rest = cell.replaceAll('\\|', '|')
  let shown = ''
  while (rest !== '') {
    const [whole = '', joint = '', , code = ''] =
      /^(<br>|<wbr>)?(?<!`)(`+)(?!`)(.*?[^`])\2(?!`)/.exec(rest) ?? []
    if (whole === '') throw new Error(`Not a code span: ${rest}`)
    const isPadded = /^ .* $/.test(code) && code.trim() !== ''
    shown += `${joint === '<br>' ? joint : ''}${isPadded ? code.slice(1, -1) : code}`
    rest = rest.slice(whole.length)
  }
  return shown
}
