import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { withHttpServer } from '../support/http-server.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

const LABELS = [
  'a|b `c` <img src=x> *d* _e_ [f](https://g.example) @octocat #1 \\ &amp; :+1: ~~h~~',
  'www.g.example, a@g.example, xmpp:a@g.example, mailto:a@g.example',
  '` `` a``` |`',
  '\\| \\\\| \\',
  '  blanks  ',
  '`',
]

describe('the job summary', () => {
  test('reports the key, its teams, where it was delivered and what it replaced', async (scenario) => {
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
      Created: run.outputs['created_at']?.replace('T', ' ').replace(/(\.\d+)?(Z|\+00:00)$/, ' UTC'),
      'Delivered to': 'step output `key`<br>environment variable `JUNCTION_KEY`',
    })
    expect(run.summary).toMatch(
      /^### ✅ Created Management Key `preview-42` and revoked 2 previous keys$/m,
    )
    for (const id of old) expect(run.summary).toContain(`| \`${id}\` | revoked |`)
    expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify(old))
  })

  test.each(LABELS)(
    'shows a label letter by letter, in a code span: %s',
    async (scenario, label) => {
      const { main } = scenario
      const { summary } = await main({ label })
      expect(readFacts(summary)['Label']).toBe(label)
    },
  )

  test('shows values from the service in code spans, on one line', async ({ main, sandbox }) => {
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
  })

  test('says whether it was verified, and what happens at the end of the job', async ({ main }) => {
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
  })

  test('gets a line when the post step revokes the key', async ({ main, post }) => {
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
  test('works in any shell, and fails when the request does', async ({ main, sandbox }) => {
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

  test.each(["it's", "$(id)'$(id)", '[1-3];&!', "'''"])('is quoted: %s', async ({ main }, path) => {
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
  })
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
