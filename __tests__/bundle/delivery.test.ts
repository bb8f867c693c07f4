import { describe, expect } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

describe('delivering a key', () => {
  test('as an output and as a variable', async ({ succeed, sandbox }) => {
    const run = await succeed({ env_name: 'JUNCTION_KEY' })
    const [made] = sandbox.activeKeys()
    expect(run.outputs['key']).toBe(made?.key)
    expect(run.env).toEqual({ JUNCTION_KEY: made?.key })
  })

  test('as a variable alone', async ({ succeed, sandbox }) => {
    const run = await succeed({ env_name: 'JUNCTION_KEY', output_key: 'false' })
    const [made] = sandbox.activeKeys()
    expect(run.env).toEqual({ JUNCTION_KEY: made?.key })
    expect(run.outputs).not.toHaveProperty('key')
    expect(run.outputs).toMatchObject({ key_id: made?.id, created: 'true' })
    expect(findLeaks(run, [sandbox.orgKey, made?.key ?? ''])).toEqual([])
  })

  test('that is bound to several teams, in their order, each once', async ({
    succeed,
    sandbox,
  }) => {
    const [first = '', second = '', third = ''] = sandbox.teamIds
    const team_id = `\n ${third}, ${first.toUpperCase()}\n\n${third},\n${second}\n`
    const run = await succeed({ team_id })
    const ordered = [third, first, second]
    expect(sandbox.requests[0]?.body).toEqual({
      label: 'preview-42',
      role: 'team_admin',
      team_role_bindings: ordered.map((id) => ({ team_id: id })),
    })
    expect(run.outputs['team_ids']).toBe(JSON.stringify(ordered))
  })

  test('as in the response: what it omits falls back to the request', async (scenario) => {
    const { succeed, sandbox, inputs } = scenario
    sandbox.misbehave({
      kind: 'omit',
      fields: ['label', 'created_at', 'creator', 'role', 'team_role_bindings'],
    })
    const run = await succeed()
    expect(run.outputs).toMatchObject({
      key: sandbox.activeKeys()[0]?.key,
      label: 'preview-42',
      role: '',
      created_at: '',
      team_ids: JSON.stringify([inputs['team_id']]),
    })
  })
})
