import { describe, expect } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { passOn, withGateway } from '../support/gateway.js'
import { daysBefore } from '../support/listed-keys.js'
import { expectFailure, expectMessage, expectWarning, messagesOf } from '../support/messages.js'
import { countRequests, listMethods, listWrites } from '../support/requests.js'
import { LABEL, SECRET, testAction } from '../support/scenario.js'
import { lineOf, pathOf } from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'

const test = testAction('.')
const testSecrets = testAction('. with secrets')

describe('if_exists', () => {
  test('create adds another key', async ({ succeed, sandbox, addKey }) => {
    addKey()
    const run = await succeed({ if_exists: 'create' })
    expect(run.outputs['retained_key_ids']).toBe('[]')
    expect(sandbox.activeKeys()).toHaveLength(2)
  })

  test('fail names the existing keys and creates none', async ({ main, sandbox, addKey }) => {
    const found = [1, 2].map(() => addKey())
    const run = await main({ if_exists: 'fail' })
    expectFailure(run, ...found)
    expect(listMethods(sandbox)).toEqual(['GET'])
  })

  test('fail ignores a key that differs in label, teams or role', async ({ succeed, sandbox }) => {
    addNeighbors(sandbox)
    await succeed({ if_exists: 'fail' })
  })

  test('fail ignores a key whose label the list omits', async ({ main, sandbox, addKey }) => {
    addKey()
    sandbox.misbehave({ kind: 'omit', fields: ['label'], method: 'GET' })
    expectWarning(await main({ if_exists: 'fail' }), 'Ignored Management Keys')
    expect(sandbox.activeKeys()).toHaveLength(2)
  })

  test('replace revokes the previous keys last', async ({ succeed, sandbox, addKey }) => {
    const old = [1, 2].map(() => addKey())
    const run = await succeed({ if_exists: 'replace' })
    expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'DELETE', 'DELETE'])
    expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([run.outputs['key']])
    expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify(old))
    expect(run.outputs['retained_key_ids']).toBe('[]')
    expect(`${run.stdout}${run.summary}`).not.toMatch(/stays? active/)
  })

  describe('replace with older_than: 30d', () => {
    const inputs = { if_exists: 'replace', older_than: '30d' }

    test(
      'does nothing while the newest is younger by the service’s clock, and names it',
      async (scenario) => {
        const { main, sandbox, addKey } = scenario
        addKey(LABEL, { createdAt: daysBefore(33) })
        const newest = addKey(LABEL, { createdAt: daysBefore(31) })
        for (const dry_run of ['false', 'true']) {
          const run = await main({ ...inputs, dry_run })
          expect(run.outputs).toMatchObject({ created: 'false', key_id: newest })
          expectMessage(run, 'notice', 'not older than 30 days exists. Key ID:')
          expect(run.summary).toMatch(/To replace the key now, run once without `older_than`/)
        }
        expect(new Set(listMethods(sandbox))).toEqual(new Set(['GET']))
      },
      { now: () => new Date(Date.now() - 2 * 86_400_000) },
    )

    test.each([
      ['is older', [daysBefore(31), daysBefore(40)]],
      ['has no date', [null]],
      ['is not there', []],
    ])('replaces when the newest key %s', async ({ succeed, sandbox, addKey }, [_what, dates]) => {
      for (const createdAt of dates) addKey(LABEL, { createdAt: createdAt ?? 'yesterday' })
      const run = await succeed(inputs)
      expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([run.outputs['key']])
    })

    testSecrets('replaces a younger key that a target lacks', async ({ main, sandbox }) => {
      await main(inputs)
      expect((await main(inputs)).outputs['created']).toBe('false')
      const run = await main({ ...inputs, secret_targets: 'repo\napp=agents' })
      expect(run.outputs['created']).toBe('true')
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([run.outputs['key_id']])
    })
  })

  test('replace leaves keys that differ in label, teams or role', async ({ main, sandbox }) => {
    const neighbors = addNeighbors(sandbox)
    const run = await main({ if_exists: 'replace' })
    expect(run.outputs['replaced_key_ids']).toBe('[]')
    expect(countRequests(sandbox, 'DELETE')).toBe(0)
    expect(sandbox.activeKeys()).toHaveLength(neighbors + 1)
  })

  test('replace ignores the order of teams', async ({ main, sandbox }) => {
    const [first = '', second = ''] = sandbox.teamIds
    const old = sandbox.addKey({ label: LABEL, teamIds: [second, first] })
    const run = await main({ if_exists: 'replace', team_id: `${first},${second}` })
    expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify([old.id]))
  })

  test('retain keeps the newest, whatever order and zone', async ({ main, sandbox, addKey }) => {
    const [second, oldest, newest, third] = [
      '2026-03-01T12:00:00Z',
      '2026-03-01T13:00:00+09:00',
      '2026-03-01T12:00:00.500000',
      '2026-03-01T09:30:00-02:00',
    ].map((createdAt) => addKey(LABEL, { createdAt }))
    const run = await main({ if_exists: 'replace', retain: '2' })
    expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify([third, oldest]))
    expect(run.outputs['retained_key_ids']).toBe(JSON.stringify([second, newest]))
    expect(run.shown).toContain(`Previous keys that stay active: ${second} and ${newest}`)
    expect(run.summary).toContain('- Revoke the previous keys that are still active')
    for (const id of [second, newest]) {
      expect(run.summary).toContain(`| \`${id}\` | stays active |`)
    }
    const active = sandbox.activeKeys().map(({ id }) => id)
    expect(active).toEqual([second, newest, run.outputs['key_id']])
  })

  test('retain does not count a key that is gone by then', async ({ succeed, sandbox, addKey }) => {
    const { managementUrl, orgId, orgKey } = sandbox
    const older = addKey(LABEL, { createdAt: '2026-03-01T12:00:00Z' })
    const newest = addKey(LABEL, { createdAt: '2026-03-02T12:00:00Z' })
    const revokeNewest = () =>
      fetch(`${managementUrl}/v1/org/${orgId}/management_key/${newest}`, {
        method: 'DELETE',
        headers: { 'x-management-key': orgKey },
      })
    await withGateway(
      sandbox,
      async (answer, response, { method }) => {
        if (method === 'POST') await revokeNewest()
        passOn(answer, response)
      },
      async (api_url) => {
        const { outputs } = await succeed({ if_exists: 'replace', retain: '1', api_url })
        expect(outputs['retained_key_ids']).toBe(JSON.stringify([older]))
        expect(outputs['replaced_key_ids']).toBe('[]')
        const active = sandbox.activeKeys().map(({ id }) => id)
        expect(active).toEqual([older, outputs['key_id']])
      },
    )
  })

  test('retain keeps all, and warns, if it cannot list again', async (scenario) => {
    const { main, sandbox, addKey } = scenario
    const ids = [addKey(), addKey()]
    sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', skip: 1 })
    const run = await main({ if_exists: 'replace', retain: '1' })
    expectWarning(
      run,
      new RegExp(`^Kept ${ids.join(', ')}: The Management API returned 403 .* tries again$`),
    )
    expect(run.outputs['retained_key_ids']).toBe(JSON.stringify(ids))
    expect(sandbox.activeKeys()).toHaveLength(3)
  })

  test('retain keeps a key of unknown age, and warns', async ({ succeed, sandbox, addKey }) => {
    const undated = addKey(LABEL, { createdAt: 'last week' })
    const run = await succeed({ if_exists: 'replace', retain: '1' })
    expect(run.outputs['retained_key_ids']).toBe(JSON.stringify([undated]))
    expect(run.shown).toContain(`Previous keys that stay active: ${undated}`)
    expectMessage(run, 'warning', undated)
    expect(sandbox.activeKeys()).toHaveLength(2)
  })

  test(
    'every page of a long list is read',
    async ({ main, sandbox, addKey }) => {
      const fill = (count: number) => {
        for (let index = 0; index < count; index += 1) addKey(`other-${index}`)
      }
      const first = addKey()
      fill(150)
      const middle = addKey()
      fill(150)
      const last = addKey()
      const refused = await main({ if_exists: 'fail' })
      expectFailure(refused, last)
      const run = await main({ if_exists: 'replace' })
      expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify([first, middle, last]))
      expect(sandbox.activeKeys()).toHaveLength(301)
    },
    { pageSize: 20 },
  )

  test('a previous key that cannot be revoked is a warning, and the others are revoked', async (scenario) => {
    const { main, sandbox, addKey } = scenario
    const stuck = addKey()
    const loose = addKey()
    sandbox.misbehave({ kind: 'status', status: 403, path: stuck, times: Infinity })
    const run = await main({ if_exists: 'replace' })
    expectWarning(run, new RegExp(`${stuck}.*403`))
    expect(run.outputs['replaced_key_ids']).toBe(JSON.stringify([loose]))
    expect(run.outputs['retained_key_ids']).toBe(JSON.stringify([stuck]))
    expect(JSON.parse(run.state['transaction'] ?? '')).toMatchObject({ replacedIds: [loose] })
    expect(run.shown).toContain(`Previous keys that stay active: ${stuck}`)
    expect(run.summary).toMatch(/^### ⚠️ .* revoked 1 previous key; 1 .* may still be active$/m)
    expect(run.summary).toContain(`| \`${stuck}\` | may still be active |`)
    expect(countRequests(sandbox, 'DELETE')).toBe(2)
    expect(sandbox.activeKeys()).toHaveLength(2)
  })
})

/** Adds keys that almost match and must not change. Returns how many there are. */
function addNeighbors(sandbox: Sandbox): number {
  const [first = '', second = ''] = sandbox.teamIds
  sandbox.addKey({ label: 'preview-4', teamIds: [first] })
  sandbox.addKey({ label: 'Preview-42', teamIds: [first] })
  sandbox.addKey({ label: 'preview-42 ', teamIds: [first] })
  sandbox.addKey({ label: LABEL, teamIds: [second] })
  sandbox.addKey({ label: LABEL, teamIds: [first, second] })
  sandbox.addKey({ label: LABEL, role: 'org_admin' })
  return sandbox.activeKeys().length
}

const BOTH = 'app=actions\napp=agents'

describe('if_exists: skip', () => {
  const skip = { if_exists: 'skip', secret_targets: BOTH }

  testSecrets(
    'creates at first, does nothing from then on, and creates again when the key is gone',
    async (scenario) => {
      const { succeed, post, sandbox } = scenario
      const first = await succeed(skip)
      expect(first.outputs['created']).toBe('true')
      const [key] = sandbox.activeKeys()
      const writes = listWrites(sandbox)

      const second = await succeed(skip)
      expect(countRequests(sandbox, 'POST')).toBe(1)
      expect(listWrites(sandbox)).toEqual(writes)
      expect(second.outputs).toMatchObject({ created: 'false', key_id: key?.id, secrets: '[]' })
      expect(second.outputs).not.toHaveProperty('key')
      expectMessage(second, 'notice', `exists, and so does every secret. Key ID: ${key?.id}`)
      expect(second.summary).toContain('already in place')
      expect(second.outputs['retained_key_ids']).toBe('[]')

      const dry = await succeed({ ...skip, dry_run: 'true' })
      expectMessage(dry, 'notice', 'Nothing to do: ')

      // A run that created no key has none to revoke.
      expect((await post(second, { revoke: 'always' })).exitCode).toBe(0)
      expect(sandbox.activeKeys()).toHaveLength(1)
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', 'active'),
        lineOf('actions', 'active'),
      ])

      await post(first, { revoke: 'always' })
      expect(sandbox.activeKeys()).toEqual([])
      const third = await succeed(skip)
      expect(third.outputs['created']).toBe('true')
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', 'active'),
        lineOf('actions', 'active'),
      ])
    },
  )

  testSecrets(
    'is an error when only some targets have the secret, which names the others',
    async (scenario) => {
      const { main, sandbox, addKey } = scenario
      const key = addKey()
      addOldSecret(sandbox)
      const result = await main({ ...skip, secret_targets: `${BOTH}\nname=THIRD` })
      expect(result.exitCode).toBe(1)
      const error = messagesOf(result, 'error').join('\n')
      expect(error).toContain(`(${key}), but some secrets are missing. `)
      expect(error).toContain(`\n- ${SECRET} in repo=octo-org/example app=agents\n- THIRD in repo=`)
      expect(error).not.toContain(`- ${SECRET} in repo=octo-org/example\n`)
      expect(error).toContain('if_exists: replace')
      expect(countRequests(sandbox, 'POST')).toBe(0)
      expect(listWrites(sandbox)).toEqual([])
      expect(listSecrets(sandbox)).toEqual([lineOf('actions', OLD_VALUE)])
    },
  )

  testSecrets(
    'creates when no target has the secret, even though an active key has the label',
    async (scenario) => {
      const { succeed, sandbox, addKey } = scenario
      const former = addKey()
      const result = await succeed(skip)
      expect(result.outputs['retained_key_ids']).toBe(JSON.stringify([former]))
      expect(sandbox.activeKeys()).toHaveLength(2)
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', 'active'),
        lineOf('actions', 'active'),
      ])
    },
  )

  testSecrets(
    'creates when every target has the secret, or some, but no active key has the label',
    async (scenario) => {
      const { succeed, sandbox, inputs, addKey } = scenario
      // Another team's, and another label's.
      sandbox.addKey({ label: inputs['label'] ?? '', teamIds: [sandbox.teamIds[1] ?? ''] })
      addKey('another')
      addOldSecret(sandbox)
      await succeed(skip)
      expect(countRequests(sandbox, 'POST')).toBe(1)
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', 'active'),
        lineOf('actions', 'active'),
      ])
    },
  )

  testSecrets('creates nothing in a dry run', async ({ succeed, sandbox }) => {
    await succeed({ ...skip, dry_run: 'true' })
    expect(countRequests(sandbox, 'POST')).toBe(0)
    expect(listWrites(sandbox)).toEqual([])
  })
})

describe('if_exists: replace', () => {
  testSecrets(
    'revokes previous keys only after all secrets are written',
    async ({ main, succeed, sandbox }) => {
      const first = await main({ secret_targets: BOTH })
      const before = sandbox.requests.length
      const second = await succeed({ secret_targets: BOTH, if_exists: 'replace' })
      expect(second.outputs['replaced_key_ids']).toBe(JSON.stringify([first.outputs['key_id']]))
      const changes = sandbox.requests.slice(before).filter(({ method }) => method !== 'GET')
      expect(changes.map(({ method }) => method)).toEqual(['POST', 'PUT', 'PUT', 'DELETE'])
      const written = changes.slice(1, 3).map(({ path }) => path)
      expect(written.sort()).toEqual([`/github${pathOf('actions')}`, `/github${pathOf('agents')}`])
      expect(changes[3]?.path).toContain(`/management_key/${first.outputs['key_id']}`)
      expect(JSON.parse(second.outputs['secrets'] ?? '')).toMatchObject([
        { status: 'updated' },
        { status: 'updated' },
      ])
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', 'active'),
        lineOf('actions', 'active'),
      ])
      expect(sandbox.activeKeys()).toHaveLength(1)
    },
  )

  testSecrets(
    'leaves the previous key when a secret could not be written',
    async ({ main, sandbox }) => {
      const first = await main({ secret_targets: 'app=actions' })
      sandbox.github.withhold({ method: 'PUT', path: '/actions/secrets/' })
      const second = await main({ secret_targets: BOTH, if_exists: 'replace' })
      expect(second.exitCode).toBe(1)
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([first.outputs['key_id']])
      expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
    },
  )
})
