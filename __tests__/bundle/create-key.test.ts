import { describe, expect } from '@jest/globals'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

describe('creating a key', () => {
  test('masks it, sets it as an output, and leaves it active', async (scenario) => {
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

  test('sends one body that both the schema and the vendor’s example accept', async (scenario) => {
    const { main, sandbox, inputs } = scenario
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
