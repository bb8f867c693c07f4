import { expect } from '@jest/globals'
import { testAction } from '../support/scenario.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'

const test = testAction('.')

const LABELS = [
  'Zoë’s “preview” — 日本語 🗝️',
  `it's "quoted" \\ back\\slashed \${{ github.token }} $(id) \`id\``,
  '%0A::error::smuggled%0D%0A%25',
  '::error::smuggled',
  '  ::set-output name=key::smuggled',
  '::stop-commands::halt',
  '##[error]smuggled',
  'x ##[set-env name=PATH]smuggled ##[command]ls',
  '##[add-mask]e',
  'key<<ghadelimiter_x',
]

/** A run for a pull request, which has a number. */
const OPTIONS = { debug: true, event: { number: 7 } }

test.each(LABELS)(
  'a label is kept exactly as written, and is never a command for the runner: %s',
  async ({ main, succeed, post, clean, sandbox }, label) => {
    const created = await succeed({ label }, OPTIONS)
    const cleaned = await clean(created, { label, revoke: 'always' }, OPTIONS)
    expect(sandbox.requests[0]?.body).toMatchObject({ label })
    expect(created.outputs['label']).toBe(label)
    for (const run of [created, cleaned]) {
      expect(run.env).toEqual({})
      expect(run.masks.length).toBeLessThanOrEqual(4)
    }

    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    const lost = await main({ label }, OPTIONS)
    const again = await main({ label, if_exists: 'fail' }, OPTIONS)
    const named = await post(lost, { label }, OPTIONS)
    expect([lost.exitCode, again.exitCode, named.exitCode]).toEqual([1, 1, 0])
    for (const { annotations } of [created, lost, again, named]) {
      expect(annotations).toHaveLength(1)
      expect(annotations[0]?.message).not.toContain('\n')
    }
    expect([created, cleaned, lost, again, named].flatMap(({ problems }) => problems)).toEqual([])
    expect(findUnreportedKeys(sandbox, [lost])).toEqual([])
    expect(sandbox.activeKeys()).toMatchObject([{ label, teamIds: sandbox.teamIds.slice(0, 1) }])
  },
)
