import { describe, expect, test } from '@jest/globals'
import { withScenario } from '../support/scenario.js'

const LABEL = 'a|b `c` <img src=x> *d* _e_ [f](https://g.example) @octocat #1 \\ &amp; :+1: ~~h~~'

describe('the job summary', () => {
  test.concurrent('says what was made, for whom, where it went and what it replaced', () =>
    withScenario(async ({ main, sandbox, inputs }) => {
      const teamIds = [inputs['team_id'] ?? '']
      const old = [1, 2].map(() => sandbox.addKey({ label: 'preview-42', teamIds }))
      const run = await main({ if_exists: 'replace', env_name: 'JUNCTION_KEY' })
      const facts = readFacts(run.summary)
      expect(facts).toMatchObject({
        'Key id': run.outputs['key_id'],
        Label: 'preview-42',
        Organisation: sandbox.orgId,
        Teams: teamIds.join('<br>'),
        Role: 'team_admin',
        Created: run.outputs['created_at'],
        'Handed on as': 'step output key<br>environment variable JUNCTION_KEY',
        Replaced: old.map(({ id }) => id).join('<br>'),
      })
      expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify(old.map(({ id }) => id)))
    }))

  test.concurrent('shows a label letter by letter, whatever Markdown would make of it', () =>
    withScenario(async ({ main }) => {
      const { summary } = await main({ label: LABEL })
      const row = summary.split('\n').find((line) => line.startsWith('| **Label** | ')) ?? ''
      const cell = row.slice('| **Label** | '.length, -' |'.length)
      expect(cell.replaceAll(/&#\d+;/g, '')).not.toMatch(/[|`<>*_[\]#@\\&:~]/)
      expect(readFacts(summary)['Label']).toBe(LABEL)
    }))

  test.concurrent('says how to revoke the key, and that works', () =>
    withScenario(async ({ main, sandbox }) => {
      const { summary } = await main()
      const [, url = ''] = /curl -X DELETE .*'(http:[^']+)'/.exec(summary) ?? []
      await fetch(url, { method: 'DELETE', headers: { 'x-management-key': sandbox.orgKey } })
      expect(sandbox.liveKeys()).toEqual([])
    }))

  test.concurrent('gets a line when the post step revokes the key', () =>
    withScenario(async ({ main, post }) => {
      const created = await main()
      const cleaned = await post(created, { revoke: 'always' })
      expect(cleaned.summary).toContain(`${created.outputs['key_id']} was revoked`)
    }))
})

/** The table of the summary, its character references undone. */
function readFacts(summary: string): Record<string, string> {
  return Object.fromEntries(
    [...summary.matchAll(/^\| \*\*(.+)\*\* \| (.*) \|$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
    ]),
  )
}
