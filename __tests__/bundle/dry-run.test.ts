import { describe, expect, test } from '@jest/globals'
import { expectFailure } from '../support/messages.js'
import { listMethods } from '../support/requests.js'
import { withAction } from '../support/scenario.js'

describe('a dry run', () => {
  test.concurrent('reads, creates nothing, and says so everywhere', () =>
    withAction('.', async ({ main, post, sandbox, inputs }) => {
      const run = await main({ dry_run: 'true', revoke: 'always' })
      expect(run.exitCode).toBe(0)
      expect(run.outputs).toEqual({
        label: 'preview-42',
        team_ids: JSON.stringify([inputs['team_id']]),
        created: 'false',
        replaced_key_ids: '[]',
        retained_key_ids: '[]',
        secrets: '[]',
      })
      expect(run.summary).toContain('nothing was created')
      expect(run.annotations).toEqual([
        expect.objectContaining({ level: 'notice', message: expect.stringMatching(/^Dry run/) }),
      ])
      expect((await post(run, { revoke: 'always' })).exitCode).toBe(0)
      expect(listMethods(sandbox)).toEqual(['GET'])
      expect(sandbox.keys()).toEqual([])
    }))

  test.concurrent('detects that the organization does not accept the key', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ dry_run: 'true', org_key: 'mg_long_since_revoked' })
      expectFailure(run, /returned 401 .*org_key was not recognized/)
      expect(listMethods(sandbox)).toEqual(['GET'])
    }))

  test.concurrent('detects that the key is a Team Management Key', () =>
    withAction('.', async ({ main, sandbox }) => {
      const team = sandbox.addKey({ label: 'team', teamIds: sandbox.teamIds.slice(0, 1) })
      const run = await main({ dry_run: 'true', org_key: team.key })
      expectFailure(run, /returned 403 .*Org Management Key/)
    }))

  test.concurrent('with if_exists: fail, fails as the real run would', () =>
    withAction('.', async ({ main, sandbox, addKey }) => {
      const found = addKey()
      const run = await main({ dry_run: 'true', if_exists: 'fail' })
      expectFailure(run, found)
      expect(listMethods(sandbox)).toEqual(['GET'])
    }))

  test.concurrent('with if_exists: replace, names what would be revoked and revokes nothing', () =>
    withAction('.', async ({ main, sandbox, addKey }) => {
      const old = addKey('preview-42', { createdAt: '2026-01-01T00:00:00Z' })
      const young = addKey()
      const run = await main({ dry_run: 'true', if_exists: 'replace', retain: '1' })
      expect(run.exitCode).toBe(0)
      expect(run.summary).toContain(`| \`${old}\` | would be revoked |`)
      expect(run.summary).toContain(`| \`${young}\` | stays active |`)
      expect(listMethods(sandbox)).toEqual(['GET'])
      expect(sandbox.activeKeys()).toHaveLength(2)
    }))
})
