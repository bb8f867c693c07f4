import { randomUUID } from 'node:crypto'
import { describe, expect } from '@jest/globals'
import { expectNoLeaks } from '../support/leaks.js'
import { answerList, listedKey } from '../support/listed-keys.js'
import { expectFailure, expectMessage, messagesOf } from '../support/messages.js'
import { listChanges, listMethods } from '../support/requests.js'
import { testAction } from '../support/scenario.js'
import { addOldSecret } from '../support/secrets.js'

const test = testAction('revoke')

const NOTHING = { revoked_key_ids: '[]', deleted_secrets: '[]', deleted_environments: '[]' }

describe('which keys are revoked', () => {
  test('those with the given IDs, without reading the list', async (scenario) => {
    const { succeed, addKey, liveLabels, sandbox } = scenario
    const ids = ['a', 'b', 'b', 'c'].map((label) => addKey(label))
    // As the output of another step.
    expect((await succeed({ key_id: '[]' })).outputs).toEqual(NOTHING)
    expect((await succeed({ key_id: JSON.stringify(ids.slice(3)) })).outputs).toEqual({
      ...NOTHING,
      revoked_key_ids: JSON.stringify(ids.slice(3)),
    })
    const revoked = await succeed({ key_id: `${ids[0]}, ${ids[2]}\n${ids[0]}` })
    expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([ids[0], ids[2]]))
    // The response to the revocation has the label.
    expect(revoked.summary).toContain(`| \`${ids[0]}\` | \`a\` | revoked |`)
    expect(revoked.shown).toContain(`Revoked Management Key ${ids[0]} "a"`)
    expect(liveLabels()).toEqual(['b'])
    expect(listMethods(sandbox)).toEqual(['DELETE', 'DELETE', 'DELETE'])
    // Not mistyped, so no cause for concern.
    const again = await succeed({ key_id: JSON.stringify([ids[0], ids[2]]) })
    expect(again.outputs).toEqual(NOTHING)
    expect(again.summary).toMatch(/^### ✅ 2 Management Keys not found$/m)
    expect(again.summary).toContain(`| \`${ids[0]}\` | not found |`)
  })

  test(
    'all with exactly the label, on every page',
    async ({ main, addKey, liveLabels }) => {
      const label = 'a.b*'
      const near = ['a.b', 'a.b*c', 'A.b*', ' a.b*', 'axb*', 'a.b* ']
      const ids = [...near, label, 'x', label, label].map((one) => addKey(one))
      const revoked = await main({ label })
      expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([ids[6], ids[8], ids[9]]))
      expect(liveLabels()).toEqual([...near, 'x'].sort())
    },
    { pageSize: 2 },
  )

  test('with teams, only those bound to all of them', async ({ main, addKey, sandbox }) => {
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
  })

  test('never a key of another role, even if the list contains it', async (scenario) => {
    const { main, addKey, sandbox, liveLabels } = scenario
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
  })
})

describe('a key that does not exist', () => {
  test('is a success, and is reported as not found, not as revoked', async ({
    succeed,
    addKey,
  }) => {
    const [gone, active] = [randomUUID(), addKey('a')]
    const revoked = await succeed({ key_id: `${gone} ${active}` })
    expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([active]))
    expect(revoked.summary).toMatch(/^### ⚠️ 1 Management Key not found; 1 Management Key revoked$/m)
    expect(revoked.summary).toContain(`| \`${gone}\` |  | not found |`)
    expect(revoked.shown).toContain(`Found no active Management Key ${gone}`)
  })

  test('fails the step at its end with if_missing: fail', async ({ main, addKey, liveLabels }) => {
    const [gone, active] = [randomUUID(), addKey('a')]
    const revoked = await main({ key_id: `${gone} ${active}`, if_missing: 'fail' })
    expectFailure(revoked, `${gone}: no active key has this ID`)
    expect(messagesOf(revoked, 'error').join('\n')).not.toContain(active)
    expect(revoked.outputs['revoked_key_ids']).toContain(active)
    expect(liveLabels()).toEqual([])
  })

  test('by label: nothing to do, or an error', async ({ main, succeed, addKey, sandbox }) => {
    addKey('b')
    const ignored = await succeed({ label: 'a' })
    expect(ignored.outputs).toEqual(NOTHING)
    expectMessage(ignored, 'notice', 'No active key has label "a"')
    const options = { event: {}, context: { github: { event_name: 'merge_group' } } }
    expectMessage(await main({ label: 'b-' }, options), 'warning', 'a number is missing')
    expect(ignored.summary).toContain('No active key has label "a"')
    const failed = await main({ label: 'a', if_missing: 'fail' })
    expectFailure(failed, '"a", and if_missing is "fail"')
    expect(listChanges(sandbox)).toEqual([])
  })

  test('does not pass for revoked because the service was overloaded at first', async (scenario) => {
    const { main, sandbox } = scenario
    const id = randomUUID()
    sandbox.misbehave({ kind: 'status', status: 503, method: 'DELETE' })
    const revoked = await main({ key_id: id, if_missing: 'fail' })
    expectFailure(revoked, `${id}: no active key has this ID`)
    expect(revoked.outputs).toEqual(NOTHING)
  })

  test('any more, although a list showed it, is revoked', async (scenario) => {
    const { succeed, addKey, sandbox } = scenario
    const id = addKey('a')
    sandbox.misbehave({ kind: 'status', status: 404, after: 'work', method: 'DELETE' })
    const revoked = await succeed({ label: 'a' })
    expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([id]))
    expect(revoked.summary).toMatch(/^### ✅ 1 Management Key already gone$/m)
  })

  test('any more, since a response was lost, was revoked if the list had it', async (scenario) => {
    const { succeed, addKey, sandbox } = scenario
    const id = addKey('a')
    sandbox.misbehave({ kind: 'reset', method: 'DELETE', when: 'work' })
    const revoked = await succeed({ label: 'a', if_missing: 'fail' })
    expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([id]))
  })
})

test('a key that cannot be revoked does not stop the others; the step fails and names all that are still active', async (scenario) => {
  const { main, addKey, sandbox, liveLabels } = scenario
  const [a = '', b = '', c = '', d = ''] = ['a', 'b', 'c', 'd'].map((label) => addKey(label))
  for (const path of [a, c]) {
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path, times: 9 })
  }
  const revoked = await main({ key_id: [a, b, c, d].join() })
  expectFailure(revoked, new RegExp(`^- 2 keys: .*403.*\\n  ${a}, ${c}$`, 'm'))
  expect(revoked.outputs['revoked_key_ids']).toBe(JSON.stringify([b, d]))
  expect(liveLabels()).toEqual(['a', 'c'])
  expect(revoked.summary).toMatch(
    /^### ❌ 2 Management Keys may still be active; 2 Management Keys revoked$[\s\S]*^- 2 keys may still be active: .*403/m,
  )
})

describe('a dry run', () => {
  testAction('revoke with secrets').each(['key_id', 'label'])(
    'by %s reports what it would do and does nothing',
    async ({ succeed, addKey, sandbox, liveLabels }, by) => {
      addOldSecret(sandbox)
      const ids = [addKey(), addKey()]
      const dry = await succeed({
        ...(by === 'label' ? {} : { label: '', key_id: `${ids.join()},${randomUUID()}` }),
        dry_run: 'true',
        secret_targets: 'repo\nrepo app=dependabot',
      })
      expect(dry.outputs).toEqual(NOTHING)
      expectMessage(
        dry,
        'notice',
        '2 Management Keys would be revoked',
        '1 secret would be deleted',
      )
      expectMessage(dry, 'notice', ids.join(', '))
      expect(dry.summary).toMatch(/^### .* Dry run: 2 Management Keys would be revoked; /)
      expect(dry.summary).toMatch(/ would be deleted \|\n.*`app=dependabot`\) \| not found \|/)
      expect(listChanges(sandbox)).toEqual([])
      expect(liveLabels()).toHaveLength(2)
    },
  )

  test('by key_id finds keys of every role and case', async ({ succeed, addKey, sandbox }) => {
    const admin = addKey('a', { role: 'org_admin', teamIds: [] })
    const team = addKey('b')
    const given = [admin.toUpperCase(), team]
    const dry = await succeed({ key_id: given.join(), dry_run: 'true', if_missing: 'fail' })
    expect(messagesOf(dry, 'error')).toEqual([])
    expectMessage(dry, 'notice', `2 Management Keys would be revoked. Key IDs: ${admin}, ${team}`)
    expect(listChanges(sandbox)).toEqual([])
  })

  test.each(['key_id', 'label'])(
    'by %s fails where a real run would, with if_missing: fail',
    async (scenario, by) => {
      const { main, sandbox } = scenario
      const dry = await main({ [by]: randomUUID(), dry_run: 'true', if_missing: 'fail' })
      expectFailure(dry, 'if_missing is "fail"')
      expect(listChanges(sandbox)).toEqual([])
    },
  )
})

describe('the log, the outputs and the summary', () => {
  const testSecrets = testAction('revoke with secrets')

  testSecrets('secrets are masked before anything else, and nothing leaks', async (scenario) => {
    const { main, addKey, sandbox } = scenario
    addKey()
    const body = { detail: `No ${sandbox.orgKey} and no ${sandbox.githubToken}` }
    sandbox.misbehave({ kind: 'status', status: 400, method: 'DELETE', path: addKey(), body })
    const revoked = await main({}, { debug: true })
    expect(revoked.outcome).toBe('failure')
    expect(revoked.masks).toEqual([sandbox.orgKey, sandbox.githubToken])
    expect(revoked.lines.slice(0, 2).every((line) => line.startsWith('::add-mask::'))).toBe(true)
    expectNoLeaks(sandbox, [revoked])
    expect(revoked.stdout).toMatch(/::debug::DELETE \S+ → 200 in \d+ ms \(attempt 1\)/)
  })

  testSecrets(
    'everything wrong with the inputs is reported at once, before any request',
    async (scenario) => {
      const { main, sandbox } = scenario
      const key = 'mg_sandbox_key_in_the_wrong_place'
      const refused = await main({
        ...{
          org_id: 'x',
          key_id: key,
          label: 'y',
          if_missing: 'z',
          if_mising: 'fail',
        },
        secret_targets: 'env=production,env=staging\nenv=..',
      })
      expect(refused.outcome).toBe('failure')
      const error = messagesOf(refused, 'error').join('\n')
      for (const problem of [
        ...['org_id ', 'key_id contains a key itself', 'key_id and label ', 'if_missing '],
        'secret_targets line 1: "env=production,env=staging" has a comma',
        'secret_targets line 2: env ".." is not a valid environment name',
        'if_mising is not an input of this action; enter if_missing',
      ]) {
        expect(error).toContain(`- ${problem}`)
      }
      expectNoLeaks(sandbox, [refused], [key])
      expect(sandbox.requests).toEqual([])
    },
  )
})
