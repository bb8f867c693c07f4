import { describe, expect } from '@jest/globals'
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

describe('a label', () => {
  test.each(LABELS)(
    'is kept exactly as written, and never a command for the runner: %s',
    async (scenario, label) => {
      const { main, post, sandbox } = scenario
      const created = await main({ label }, OPTIONS)
      const cleaned = await post(created, { label, revoke: 'always' }, OPTIONS)
      expect(sandbox.requests[0]?.body).toMatchObject({ label })
      expect(created.outputs['label']).toBe(label)
      expect(created.outcome).toBe('success')
      for (const run of [created, cleaned]) {
        expect(run.problems).toEqual([])
        expect(run.env).toEqual({})
        expect(run.masks.length).toBeLessThanOrEqual(4)
      }
      expect(created.annotations).toHaveLength(1)
      expect(created.annotations[0]?.message).not.toContain('\n')
      expect(cleaned.annotations).toEqual([])
    },
  )

  test.each(LABELS)('is harmless in an error, too: %s', async (scenario, label) => {
    const { main, post, sandbox, inputs } = scenario
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    const lost = await main({ label }, OPTIONS)
    const again = await main({ label, if_exists: 'fail' }, OPTIONS)
    const cleaned = await post(lost, { label }, OPTIONS)
    expect([lost.exitCode, again.exitCode, cleaned.exitCode]).toEqual([1, 1, 0])
    for (const run of [lost, again, cleaned]) {
      expect(run.problems).toEqual([])
      expect(run.annotations).toHaveLength(1)
      expect(run.annotations[0]?.message).not.toContain('\n')
    }
    expect(findUnreportedKeys(sandbox, [lost])).toEqual([])
    expect(sandbox.activeKeys()).toMatchObject([{ label, teamIds: [inputs['team_id']] }])
  })
})
