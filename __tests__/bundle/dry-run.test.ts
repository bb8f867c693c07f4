import { describe, expect } from '@jest/globals'
import { expectFailure } from '../support/messages.js'
import { listMethods } from '../support/requests.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

describe('a dry run', () => {
  test('reads and creates nothing, and says so', async ({ succeed, post, sandbox, inputs }) => {
    const run = await succeed({ dry_run: 'true', revoke: 'always' })
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
  })

  test('detects that the organization does not accept the key', async ({ main, sandbox }) => {
    const run = await main({ dry_run: 'true', org_key: 'mg_long_since_revoked' })
    expectFailure(run, /returned 401 .*org_key was not recognized/)
    expect(listMethods(sandbox)).toEqual(['GET'])
  })

  test('detects that the key is a Team Management Key', async ({ main, sandbox }) => {
    const team = sandbox.addKey({ label: 'team', teamIds: sandbox.teamIds.slice(0, 1) })
    const run = await main({ dry_run: 'true', org_key: team.key })
    expectFailure(run, /returned 403 .*Org Management Key/)
  })

  test('with if_exists: fail, fails as the real run would', async ({ main, sandbox, addKey }) => {
    const found = addKey()
    const run = await main({ dry_run: 'true', if_exists: 'fail' })
    expectFailure(run, found)
    expect(listMethods(sandbox)).toEqual(['GET'])
  })

  test('with if_exists: replace, names what would be revoked and revokes nothing', async (scenario) => {
    const { succeed, sandbox, addKey } = scenario
    const old = addKey('preview-42', { createdAt: '2026-01-01T00:00:00Z' })
    const young = addKey()
    const run = await succeed({ dry_run: 'true', if_exists: 'replace', retain: '1' })
    expect(run.summary).toContain(`| \`${old}\` | would be revoked |`)
    expect(run.summary).toContain(`| \`${young}\` | stays active |`)
    expect(listMethods(sandbox)).toEqual(['GET'])
    expect(sandbox.activeKeys()).toHaveLength(2)
  })
})
