import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { answerList, listedKey } from '../support/listed-keys.js'
import { expectFailure, expectMessage, messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { withAction } from '../support/scenario.js'

describe('which keys are revoked', () => {
  test('those with the given IDs, without reading the list', () =>
    withAction('revoke', async ({ main, addKey, liveLabels, sandbox }) => {
      const ids = ['a', 'b', 'b', 'c'].map((label) => addKey(label))
      const revoked = await main({ key_id: `${ids[0]}, ${ids[2]}\n${ids[0]}` })
      expect(revoked.outcome).toBe('success')
      expect(revoked.outputs).toEqual({
        revoked_key_ids: JSON.stringify([ids[0], ids[2]]),
        deleted_secrets: '[]',
        deleted_environments: '[]',
      })
      expect(liveLabels()).toEqual(['b', 'c'])
      expect(sandbox.requests.map(({ method }) => method)).toEqual(['DELETE', 'DELETE'])
    }))

  test('all with exactly the label, on every page', () =>
    withAction(
      'revoke',
      async ({ main, addKey, liveLabels }) => {
        const label = 'a.b*'
        const near = ['a.b', 'a.b*c', 'A.b*', ' a.b*', 'axb*', 'a.b* ']
        const ids = [...near, label, 'x', label, label].map((one) => addKey(one))
        const revoked = await main({ label })
        expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([ids[6], ids[8], ids[9]]))
        expect(liveLabels()).toEqual([...near, 'x'].sort())
      },
      { pageSize: 2 },
    ))

  test('with teams, only those bound to all of them', () =>
    withAction('revoke', async ({ main, addKey, sandbox }) => {
      const [first = '', second = '', third = ''] = sandbox.teamIds
      const one = addKey('a', { teamIds: [first] })
      const two = addKey('a', { teamIds: [second, first] })
      const three = addKey('a', { teamIds: [third, second, first] })
      const other = addKey('a', { teamIds: [second] })

      const both = await main({ label: 'a', team_id: `${first},${second}` })
      expect(both.outputs['revoked_key_ids']).toBe(JSON.stringify([two, three]))
      const single = await main({ label: 'a', team_id: first })
      expect(single.outputs['revoked_key_ids']).toBe(JSON.stringify([one]))
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([other])
    }))

  test('never a key of another role, even if the list contains it', () =>
    withAction('revoke', async ({ main, addKey, sandbox, liveLabels }) => {
      const admin = addKey('a', { role: 'org_admin', teamIds: [] })
      const team = addKey('a')
      const list = [
        listedKey(admin, { label: 'a', role: 'org_admin' }),
        listedKey(admin, { label: 'a', role: 'billing_admin' }),
        listedKey(team, { label: 'a' }),
      ]
      answerList(sandbox, list)
      const revoked = await main({ label: 'a' })
      expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([team]))
      expect(liveLabels()).toEqual(['a'])
      expect(sandbox.requests[0]?.query).toEqual({ role: 'team_admin' })
    }))

  test('a pagination loop is an error before any key is revoked', () =>
    withAction('revoke', async ({ main, addKey, sandbox }) => {
      const id = addKey('a')
      answerList(sandbox, [listedKey(id, { label: 'a' })], 'again', 2)
      const revoked = await main({ label: 'a' })
      expectFailure(revoked, 'the same next_cursor twice')
      expect(listChanges(sandbox)).toEqual([])
    }))
})

describe('a key that does not exist', () => {
  test('is a success, and is reported as not found, not as revoked', () =>
    withAction('revoke', async ({ main, addKey }) => {
      const [gone, active] = [randomUUID(), addKey('a')]
      const revoked = await main({ key_id: `${gone} ${active}` })
      expect(revoked.outcome).toBe('success')
      expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([active]))
      expect(revoked.summary).toMatch(/^### ⚠️ Revoked 1 Management Key; 1 key ID not found$/m)
      expect(revoked.summary).toContain(`| \`${gone}\` | not found |`)
    }))

  test('fails the step at its end with if_missing: fail', () =>
    withAction('revoke', async ({ main, addKey, liveLabels }) => {
      const [gone, active] = [randomUUID(), addKey('a')]
      const revoked = await main({ key_id: `${gone} ${active}`, if_missing: 'fail' })
      expectFailure(revoked, `${gone}: no active key has this ID`)
      expect(messagesOf(revoked, 'error').join('\n')).not.toContain(active)
      expect(revoked.outputs['revoked_key_ids']).toContain(active)
      expect(liveLabels()).toEqual([])
    }))

  test('by label: nothing to do, or with if_missing: fail an error', () =>
    withAction('revoke', async ({ main, addKey, sandbox }) => {
      addKey('b')
      const ignored = await main({ label: 'a' })
      expect(ignored.outcome).toBe('success')
      expect(ignored.outputs).toEqual({
        revoked_key_ids: '[]',
        deleted_secrets: '[]',
        deleted_environments: '[]',
      })
      expectMessage(ignored, 'notice', 'no Management Key to revoke. No active key has label "a"')
      expect(ignored.summary).toContain('No active key has label "a"')
      const failed = await main({ label: 'a', if_missing: 'fail' })
      expectFailure(failed, '"a", and if_missing is "fail"')
      expect(listChanges(sandbox)).toEqual([])
    }))

  test('whose first response was lost was revoked, not missing', () =>
    withAction('revoke', async ({ main, addKey, sandbox }) => {
      const id = addKey('a')
      sandbox.misbehave({ kind: 'reset', method: 'DELETE', when: 'work' })
      const revoked = await main({ key_id: id, if_missing: 'fail' })
      expect(revoked.outcome).toBe('success')
      expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([id]))
    }))
})

describe('a failure to revoke one key', () => {
  test('does not stop the others; the step fails and names all that are still active', () =>
    withAction('revoke', async ({ main, addKey, sandbox, liveLabels }) => {
      const [a = '', b = '', c = '', d = ''] = ['a', 'b', 'c', 'd'].map((label) => addKey(label))
      for (const path of [a, c]) {
        sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path, times: 9 })
      }
      const revoked = await main({ key_id: [a, b, c, d].join() })
      expect(revoked.outcome).toBe('failure')
      const error = messagesOf(revoked, 'error').join('\n')
      expect(error).toMatch(new RegExp(`^- 2 keys: .*403.*\\n  ${a}, ${c}$`, 'm'))
      expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([b, d]))
      expect(liveLabels()).toEqual(['a', 'c'])
      expect(revoked.summary).toMatch(
        /^### ❌ Revoked 2 of 4 .*; 2 may still be active$[\s\S]* may still be active: .*403/m,
      )
    }))

  test('a transient one does not count', () =>
    withAction('revoke', async ({ main, addKey, sandbox, liveLabels }) => {
      const id = addKey('a')
      sandbox.misbehave({ kind: 'status', status: 503, method: 'DELETE' })
      expect((await main({ key_id: id })).outcome).toBe('success')
      expect(liveLabels()).toEqual([])
    }))
})

describe('a dry run', () => {
  test.each(['key_id', 'label'])('by %s reports what it would do and does nothing', (by) =>
    withAction('revoke', async ({ main, addKey, sandbox, liveLabels }) => {
      const [owner = '', repo = ''] = sandbox.repository.split('/')
      sandbox.github.addSecret({ owner, repo, name: 'A_KEY' })
      const ids = [addKey('a'), addKey('a')]
      const dry = await main({
        ...(by === 'label' ? { label: 'a' } : { key_id: `${ids.join()},${randomUUID()}` }),
        dry_run: 'true',
        secret_name: 'A_KEY',
        secret_targets: 'repo\nrepo app=dependabot',
        github_token: sandbox.githubToken,
      })
      expect(dry.outcome).toBe('success')
      expect(dry.outputs).toEqual({
        revoked_key_ids: '[]',
        deleted_secrets: '[]',
        deleted_environments: '[]',
      })
      expectMessage(dry, 'notice', `2 Management Keys and delete 1 secret`)
      expectMessage(dry, 'notice', ids.join(', '))
      expect(dry.summary).toContain('nothing was revoked')
      expect(dry.summary.match(/A_KEY/g)).toHaveLength(1)
      expect(listChanges(sandbox)).toEqual([])
      expect(liveLabels()).toEqual(['a', 'a'])
    }),
  )

  test('by key_id finds keys of every role, with IDs in any case', () =>
    withAction('revoke', async ({ main, addKey, sandbox }) => {
      const admin = addKey('a', { role: 'org_admin', teamIds: [] })
      const team = addKey('b')
      const given = [admin.toUpperCase(), team]
      const dry = await main({ key_id: given.join(), dry_run: 'true', if_missing: 'fail' })
      expect(messagesOf(dry, 'error')).toEqual([])
      expect(dry.outcome).toBe('success')
      expectMessage(dry, 'notice', `would revoke 2 Management Keys. Key IDs: ${admin}, ${team}`)
      expect(listChanges(sandbox)).toEqual([])
    }))

  test.each([['key_id'], ['label']])(
    'by %s fails where a real run would, with if_missing: fail',
    (by) =>
      withAction('revoke', async ({ main, sandbox }) => {
        const dry = await main({ [by]: randomUUID(), dry_run: 'true', if_missing: 'fail' })
        expectFailure(dry, 'if_missing is "fail"')
        expect(listChanges(sandbox)).toEqual([])
      }),
  )
})

describe('the log, the outputs and the summary', () => {
  test('secrets are masked before anything else, and nothing leaks', () =>
    withAction('revoke', async ({ main, addKey, sandbox }) => {
      const [a, b] = [addKey('a'), addKey('b')]
      const body = { detail: `No ${sandbox.orgKey} and no ${sandbox.githubToken}` }
      sandbox.misbehave({ kind: 'status', status: 400, method: 'DELETE', path: a, body })
      const revoked = await main(
        {
          key_id: `${a} ${b}`,
          secret_name: 'A_KEY',
          secret_targets: 'repo',
          github_token: sandbox.githubToken,
        },
        { debug: true },
      )
      expect(revoked.outcome).toBe('failure')
      expect(revoked.masks).toEqual([sandbox.orgKey, sandbox.githubToken])
      expect(revoked.lines.slice(0, 2).every((line) => line.startsWith('::add-mask::'))).toBe(true)
      const secrets = [sandbox.orgKey, sandbox.githubToken, ...sandbox.keys().map(({ key }) => key)]
      expect(findLeaks(revoked, secrets)).toEqual([])
      expect(revoked.stdout).toMatch(/::debug::DELETE \S+ → 200 in \d+ ms \(attempt 1\)/)
    }))

  test('key_id takes the output of another step, an empty list too', () =>
    withAction('revoke', async ({ main, sandbox, addKey }) => {
      const ids = [addKey('a'), addKey('b')]
      const none = await main({ key_id: '[]' })
      expect([none.outcome, none.outputs['revoked_key_ids']]).toEqual(['success', '[]'])
      expect(sandbox.requests).toEqual([])

      const both = await main({ key_id: JSON.stringify(ids) })
      expect(JSON.parse(both.outputs['revoked_key_ids'] ?? '')).toEqual(ids)
      expect(sandbox.activeKeys()).toEqual([])

      // Not mistyped, so no cause for concern.
      const again = await main({ key_id: JSON.stringify(ids) })
      expect(again.outputs['revoked_key_ids']).toBe('[]')
      expect(again.summary).toMatch(/^### ✅ 2 keys not active any more$/m)
      expect(again.summary).toContain(`| \`${ids[0]}\` | not found |`)
    }))

  test('an ID that is not a UUID, two targets on one line, and a misspelled name are reported before any request', () =>
    withAction('revoke', async ({ main, sandbox }) => {
      const refused = await main({
        key_id: 'preview-42',
        secret_name: 'A_KEY',
        secret_targets: 'env=production,env=staging\nenv=..',
        github_token: sandbox.githubToken,
        if_mising: 'fail',
      })
      expect(refused.outcome).toBe('failure')
      const error = messagesOf(refused, 'error').join('\n')
      expect(error).toContain('- key_id "preview-42" is not a UUID; enter UUIDs such as')
      expect(error).toContain('- secret_targets line 1: "env=production,env=staging" has a comma')
      expect(error).toContain('- secret_targets line 2: env ".." is not a valid environment name')
      expect(error).toContain('- if_mising is not an input of this action; enter if_missing')
      expect(sandbox.requests).toEqual([])
    }))

  test('everything wrong with the inputs is reported at once, before any request', () =>
    withAction('revoke', async ({ main, sandbox }) => {
      const key = 'mg_sandbox_key_in_the_wrong_place'
      const refused = await main({ org_id: 'x', key_id: key, label: 'y', if_missing: 'z' })
      expect(refused.outcome).toBe('failure')
      const error = messagesOf(refused, 'error').join('\n')
      for (const name of ['org_id', 'key_id', 'key_id and label', 'if_missing']) {
        expect(error).toContain(`- ${name} `)
      }
      expect(findLeaks(refused, [key])).toEqual([])
      expect(sandbox.requests).toEqual([])
    }))
})
