import { describe, expect } from '@jest/globals'
import { expectMessage, messagesOf } from '../support/messages.js'
import { countRequests, listWrites } from '../support/requests.js'
import { SECRET, testAction } from '../support/scenario.js'
import { lineOf, pathOf } from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'

const test = testAction('. with secrets')

const BOTH = 'app=actions\napp=agents'

describe('if_exists: skip', () => {
  const skip = { if_exists: 'skip', secret_targets: BOTH }

  test('creates at first, does nothing from then on, and creates again when the key is gone', async (scenario) => {
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
    expect(listSecrets(sandbox)).toEqual([lineOf('agents', 'active'), lineOf('actions', 'active')])

    await post(first, { revoke: 'always' })
    expect(sandbox.activeKeys()).toEqual([])
    const third = await succeed(skip)
    expect(third.outputs['created']).toBe('true')
    expect(listSecrets(sandbox)).toEqual([lineOf('agents', 'active'), lineOf('actions', 'active')])
  })

  test('is an error when only some targets have the secret, which names the others', async (scenario) => {
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
  })

  test('creates when no target has the secret, even though an active key has the label', async (scenario) => {
    const { succeed, sandbox, addKey } = scenario
    const former = addKey()
    const result = await succeed(skip)
    expect(result.outputs['retained_key_ids']).toBe(JSON.stringify([former]))
    expect(sandbox.activeKeys()).toHaveLength(2)
    expect(listSecrets(sandbox)).toEqual([lineOf('agents', 'active'), lineOf('actions', 'active')])
  })

  test('creates when every target has the secret, or some, but no active key has the label', async (scenario) => {
    const { succeed, sandbox, inputs, addKey } = scenario
    // Another team's, and another label's.
    sandbox.addKey({ label: inputs['label'] ?? '', teamIds: [sandbox.teamIds[1] ?? ''] })
    addKey('another')
    addOldSecret(sandbox)
    await succeed(skip)
    expect(countRequests(sandbox, 'POST')).toBe(1)
    expect(listSecrets(sandbox)).toEqual([lineOf('agents', 'active'), lineOf('actions', 'active')])
  })

  test('creates nothing in a dry run', async ({ succeed, sandbox }) => {
    await succeed({ ...skip, dry_run: 'true' })
    expect(countRequests(sandbox, 'POST')).toBe(0)
    expect(listWrites(sandbox)).toEqual([])
  })
})

describe('if_exists: replace', () => {
  test('revokes previous keys only after all secrets are written', async ({
    main,
    succeed,
    sandbox,
  }) => {
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
    expect(listSecrets(sandbox)).toEqual([lineOf('agents', 'active'), lineOf('actions', 'active')])
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('leaves the previous key when a secret could not be written', async ({ main, sandbox }) => {
    const first = await main({ secret_targets: 'app=actions' })
    sandbox.github.withhold({ method: 'PUT', path: '/actions/secrets/' })
    const second = await main({ secret_targets: BOTH, if_exists: 'replace' })
    expect(second.exitCode).toBe(1)
    expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([first.outputs['key_id']])
    expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
  })
})
