import { describe, expect, test } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { withAction } from '../support/scenario.js'

describe('delivering a key', () => {
  test.concurrent('as an output and as a variable', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ env_name: 'JUNCTION_KEY' })
      const [made] = sandbox.activeKeys()
      expect(run.exitCode).toBe(0)
      expect(run.outputs['key']).toBe(made?.key)
      expect(run.env).toEqual({ JUNCTION_KEY: made?.key })
    }))

  test.concurrent('as a variable alone', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ env_name: 'JUNCTION_KEY', output_key: 'false' })
      const [made] = sandbox.activeKeys()
      expect(run.exitCode).toBe(0)
      expect(run.env).toEqual({ JUNCTION_KEY: made?.key })
      expect(run.outputs).not.toHaveProperty('key')
      expect(run.outputs).toMatchObject({ key_id: made?.id, created: 'true' })
      expect(findLeaks(run, [sandbox.orgKey, made?.key ?? ''])).toEqual([])
    }))

  test.concurrent('that is bound to several teams, in their order, each once', () =>
    withAction('.', async ({ main, sandbox }) => {
      const [first = '', second = '', third = ''] = sandbox.teamIds
      const team_id = `\n ${third}, ${first.toUpperCase()}\n\n${third},\n${second}\n`
      const run = await main({ team_id })
      const ordered = [third, first, second]
      expect(run.exitCode).toBe(0)
      expect(sandbox.requests[0]?.body).toEqual({
        label: 'preview-42',
        role: 'team_admin',
        team_role_bindings: ordered.map((id) => ({ team_id: id })),
      })
      expect(run.outputs['team_ids']).toBe(JSON.stringify(ordered))
    }))

  test.concurrent('as in the response: what it omits falls back to the request', () =>
    withAction('.', async ({ main, sandbox, inputs }) => {
      sandbox.misbehave({
        kind: 'omit',
        fields: ['label', 'created_at', 'creator', 'role', 'team_role_bindings'],
      })
      const run = await main()
      expect(run.exitCode).toBe(0)
      expect(run.outputs).toMatchObject({
        key: sandbox.activeKeys()[0]?.key,
        label: 'preview-42',
        role: '',
        created_at: '',
        team_ids: JSON.stringify([inputs['team_id']]),
      })
    }))
})
