import { describe, expect } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { expectFailure, expectMessage } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { LABEL, SECRET, testExtended } from '../support/scenario.js'
import { addOldSecret } from '../support/secrets.js'

const CLOSE = { secret_targets: `env=${LABEL}`, delete_environments: 'true' }
const TARGET = `repo=octo-org/example env=${LABEL}`
const ENVIRONMENT = new RegExp(`/environments/${LABEL}$`)

/** A preview as it is left when its pull request is closed: a key, with this ID, an environment, a secret. */
const test = testExtended<{ readonly id: string }>('revoke with secrets', (scenario, play) => {
  const { sandbox, addKey, main, succeed } = scenario
  for (const environment of [LABEL, 'production']) {
    sandbox.github.addEnvironment(sandbox.repository, environment)
    addOldSecret(sandbox, { environment })
  }
  return play({
    ...scenario,
    id: addKey(),
    main: (inputs) => main({ ...CLOSE, ...inputs }),
    succeed: (inputs) => succeed({ ...CLOSE, ...inputs }),
  })
})

function listEnvironments({ github }: Sandbox): readonly string[] {
  return github.environments().map(({ name }) => name)
}

describe('the environment of a preview', () => {
  test('is deleted last, and named in the outputs', async ({ succeed, sandbox, id }) => {
    const closed = await succeed()
    expect(listChanges(sandbox)).toEqual([
      `DELETE ${SECRET} 204`,
      `DELETE ${id} 200`,
      `DELETE ${LABEL} 204`,
    ])
    expect(listEnvironments(sandbox)).toEqual(['production'])
    expect(JSON.parse(closed.outputs['deleted_environments'] ?? '')).toEqual([TARGET])
    expect(closed.summary).toContain(TARGET)
    // A second close finds nothing to do.
    expect((await succeed()).outputs).toMatchObject({
      revoked_key_ids: '[]',
      deleted_secrets: '[]',
      deleted_environments: '[]',
    })
    expect(listEnvironments(sandbox)).toEqual(['production'])
  })

  test('stays unless the step says so', async ({ succeed, sandbox }) => {
    const closed = await succeed({ delete_environments: 'false' })
    expect(listEnvironments(sandbox)).toEqual([LABEL, 'production'])
    expect(closed.outputs['deleted_environments']).toBe('[]')
  })

  test('is deleted once for several secrets in it', async ({ succeed, sandbox }) => {
    await succeed({ secret_targets: `env=${LABEL}\nenv=${LABEL.toUpperCase()} name=B\nrepo` })
    expect(listChanges(sandbox).filter((line) => /preview-42/i.test(line))).toHaveLength(1)
  })

  test('that never existed keeps the key active only without delete_environments', async (scenario) => {
    const { main, succeed, sandbox } = scenario
    const missing = { secret_targets: 'env=never-created' }
    expectFailure(await main({ ...missing, delete_environments: 'false' }), '1 secret not deleted')
    expect(sandbox.activeKeys()).toHaveLength(1)
    await succeed(missing)
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('counts as deleted when the response was lost', async ({ succeed, sandbox }) => {
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'DELETE', path: ENVIRONMENT })
    const closed = await succeed()
    expect(JSON.parse(closed.outputs['deleted_environments'] ?? '')).toEqual([TARGET])
  })
})

describe('the environment stays', () => {
  test('when a secret could not be deleted', async ({ main, sandbox }) => {
    sandbox.github.withhold({ method: 'DELETE', path: '/secrets/' })
    expect((await main()).exitCode).toBe(1)
    expect(listEnvironments(sandbox)).toContain(LABEL)
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('when a key could not be revoked', async ({ main, sandbox, id }) => {
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path: id })
    const failed = await main()
    expect(failed.exitCode).toBe(1)
    expect(listEnvironments(sandbox)).toContain(LABEL)
    expect(failed.outputs['deleted_environments']).toBe('[]')
  })

  test('when if_missing is fail and a key is missing', async ({ main, sandbox }) => {
    const key_id = '00000000-0000-4000-8000-000000000000'
    expect((await main({ label: '', key_id, if_missing: 'fail' })).exitCode).toBe(1)
    expect(listEnvironments(sandbox)).toContain(LABEL)
  })

  test('in a dry run, which names it', async ({ succeed, sandbox }) => {
    const secret_targets = `env=${LABEL}\nenv=never-created`
    const dry = await succeed({ dry_run: 'true', secret_targets })
    expect(listChanges(sandbox)).toEqual([])
    expect(dry.summary).toContain(`env=${LABEL}\` | would be deleted |`)
    expect(dry.summary).toContain('env=never-created` | not found |')
    expect(dry.outputs['deleted_environments']).toBe('[]')
  })

  test('when the token may not delete it, and the error says what it needs', async (scenario) => {
    scenario.sandbox.github.withhold({ method: 'DELETE', path: ENVIRONMENT })
    expectFailure(await scenario.main(), 'with the permission administration: write')
  })

  test.each([
    ['403', { kind: 'status', status: 403, times: 9 }, /403/],
    ['500 for good', { kind: 'status', status: 500, times: 9 }, /500/],
    ['200', { kind: 'status', status: 200, times: 9, body: {} }, /only 204 confirms/],
    ['404 although it is there', { kind: 'status', status: 404 }, /404/],
  ])('after a %s: the step fails, after all else is done', async (scenario, row) => {
    const { main, sandbox, id } = scenario
    const [, fault, reason] = row
    sandbox.misbehave({ ...fault, method: 'DELETE', path: ENVIRONMENT })
    const failed = await main()
    expectMessage(failed, 'error', '1 environment not deleted', TARGET, reason)
    expect(failed.outputs).toMatchObject({
      revoked_key_ids: JSON.stringify([id]),
      deleted_environments: '[]',
    })
    expect(sandbox.activeKeys()).toEqual([])
  })
})

describe('a place that cannot be seen', () => {
  test('is not taken for one that is gone', async ({ main, sandbox }) => {
    const failed = await main({ secret_targets: `repo=octo-org/none env=${LABEL}` })
    expectFailure(failed, /could not confirm that it is gone/)
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('nor is one on the second page of the list', async ({ main, sandbox }) => {
    for (let number = 1; number <= 101; number += 1) {
      sandbox.github.addEnvironment(sandbox.repository, `preview-pr-${1000 + number}`)
    }
    sandbox.misbehave({ kind: 'status', status: 404, method: 'DELETE', path: /\/[^/]+-1101$/ })
    expectFailure(await main({ secret_targets: 'env=preview-pr-1101' }), '404')
  })
})

test('without an environment to delete, the input is refused', async ({ main, sandbox }) => {
  for (const secret_targets of ['repo', '']) {
    const refused = await main({ secret_targets })
    expectFailure(refused, 'delete_environments is true, but no target is an environment')
  }
  expectFailure(await main({ secret_name: '', secret_targets: '' }), 'delete_environments')
  expect(sandbox.requests).toEqual([])
})
