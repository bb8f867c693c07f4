import { describe, expect } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

describe('creating a key', () => {
  test('masks it, delivers it, and leaves it active', async (scenario) => {
    const { succeed, post, sandbox, inputs } = scenario
    const created = await succeed()
    const [key] = sandbox.activeKeys()
    expect(created.outputs).toEqual({
      key: key?.key,
      key_id: key?.id,
      label: 'preview-42',
      role: 'team_admin',
      created_at: key?.createdAt,
      team_ids: JSON.stringify([inputs['team_id']]),
      created: 'true',
      replaced_key_ids: '[]',
      retained_key_ids: '[]',
      secrets: '[]',
    })
    expect(created.masks.slice(0, 2)).toEqual([sandbox.orgKey, key?.key])

    const cleaned = await post(created)
    expect(cleaned.exitCode).toBe(0)
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('sends one body that schema and example accept', async ({ main, sandbox, inputs }) => {
    await main()
    expect(sandbox.requests).toHaveLength(1)
    expect(sandbox.requests[0]).toMatchObject({
      method: 'POST',
      path: `/management/v1/org/${sandbox.orgId}/management_key`,
      body: {
        label: 'preview-42',
        role: 'team_admin',
        team_role_bindings: [{ team_id: inputs['team_id'] }],
        team_id: inputs['team_id'],
      },
    })
  })
})

describe('delivering a key', () => {
  test.each(['true', 'false'])('as a variable, and with output_key: %s', async (...row) => {
    const [{ succeed, sandbox }, output_key] = row
    const run = await succeed({ env_name: 'JUNCTION_KEY', output_key })
    const [made] = sandbox.activeKeys()
    expect(run.env).toEqual({ JUNCTION_KEY: made?.key })
    expect(run.outputs['key']).toBe(output_key === 'true' ? made?.key : undefined)
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

  test('as in the response, else as in the request', async ({ succeed, sandbox, inputs }) => {
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
