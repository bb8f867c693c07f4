import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { expectFailure, messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { LABEL, type Scenario, SECRET, testAction } from '../support/scenario.js'
import { EVERY_ATTEMPT } from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

const test = testAction('revoke with secrets')

const HERE = { secret_targets: 'repo' }
const EVERYWHERE = { secret_targets: 'repo\nenv=preview\norg=octo-org' }
const PAGE = '<html><head><title>Welcome to the gateway</title></head></html>'

/** Puts a secret into each target of EVERYWHERE, and another beside them. */
function addSecrets(sandbox: Sandbox): void {
  sandbox.github.addEnvironment(sandbox.repository, 'preview')
  addOldSecret(sandbox)
  addOldSecret(sandbox, { environment: 'preview' })
  addOldSecret(sandbox, { name: 'ANOTHER_KEY' })
  sandbox.github.addSecret({ owner: 'octo-org', name: SECRET })
}

/** Targets in the output `deleted_secrets`. */
function listDeleted({ outputs }: RunResult): readonly string[] {
  const deleted: readonly { target: string; name: string }[] = JSON.parse(
    outputs['deleted_secrets'] ?? '[]',
  )
  expect(deleted.map(({ name }) => name)).toEqual(deleted.map(() => SECRET))
  return deleted.map(({ target }) => target)
}

/** Expects that the only key is active, as the outputs say. Returns the error. */
function expectNotRevoked(result: RunResult, { liveLabels }: Scenario): string {
  expect(result.exitCode).toBe(1)
  expect(liveLabels()).toEqual([LABEL])
  expect(result.outputs['revoked_key_ids'] ?? '[]').toBe('[]')
  expect(result.stdout).not.toContain('gateway')
  return messagesOf(result, 'error').join('\n')
}

describe('secrets that contain the keys', () => {
  test('are all deleted before the first key is revoked', async ({ succeed, sandbox, addKey }) => {
    addSecrets(sandbox)
    const ids = [addKey(), addKey()]
    const revoked = await succeed(EVERYWHERE)
    expect(listChanges(sandbox)).toEqual([
      ...Array(3).fill(`DELETE ${SECRET} 204`),
      ...ids.map((id) => `DELETE ${id} 200`),
    ])
    expect(sandbox.github.secrets().map(({ name }) => name)).toEqual(['ANOTHER_KEY'])
    expect(listDeleted(revoked)).toEqual([
      ...['repo=octo-org/example', 'repo=octo-org/example env=preview', 'org=octo-org'],
    ])
    expect(revoked.summary.match(new RegExp(SECRET, 'g'))).toHaveLength(3)
  })

  test('that are missing from visible places are fine, and not reported as deleted', async (scenario) => {
    const { succeed, sandbox, addKey, liveLabels } = scenario
    addKey()
    addOldSecret(sandbox)
    sandbox.github.addEnvironment(sandbox.repository, 'preview')
    const targets = `${EVERYWHERE.secret_targets}\nrepo app=agents`
    expect(listDeleted(await succeed({ secret_targets: targets }))).toEqual([
      'repo=octo-org/example',
    ])
    expect(liveLabels()).toEqual([])
  })

  test('are deleted even though no key is left', async ({ succeed, sandbox }) => {
    addSecrets(sandbox)
    await succeed(HERE)
    expect(sandbox.github.secrets()).toHaveLength(3)
  })

  test('when one cannot be deleted no key is revoked, and the outputs are true', async (scenario) => {
    const { main, sandbox, addKey } = scenario
    addSecrets(sandbox)
    addKey()
    sandbox.github.withhold({ method: 'DELETE', path: '/environments/' })
    sandbox.github.withhold({ method: 'DELETE', path: '/orgs/' })
    const failed = await main(EVERYWHERE)
    const error = expectNotRevoked(failed, scenario)
    expect(error).toContain(
      '1 Management Key not revoked; 1 secret deleted; 2 secrets not deleted:',
    )
    expect(error).toMatch(/preview.*403/)
    expect(error).toMatch(/octo-org.*403/)
    expect(failed.summary.match(/ not deleted \| GitHub returned 403 /g)).toHaveLength(2)
    expect(listDeleted(failed)).toEqual(['repo=octo-org/example'])
    expect(sandbox.github.secrets()).toHaveLength(3)
  })

  test('a key that cannot be revoked does not hide that they are gone', async (scenario) => {
    const { main, sandbox, addKey } = scenario
    addSecrets(sandbox)
    sandbox.misbehave({ kind: 'status', status: 400, method: 'DELETE', path: addKey() })
    const failed = await main(HERE)
    expectNotRevoked(failed, scenario)
    expect(listDeleted(failed)).toEqual(['repo=octo-org/example'])
  })

  test('are left alone when the keys cannot be listed', async ({ main, sandbox, addKey }) => {
    addSecrets(sandbox)
    sandbox.misbehave({ kind: 'status', status: 403, path: /management_key$/, times: 2 })
    for (const which of [{}, { label: '', key_id: addKey() }])
      expectFailure(await main({ ...EVERYWHERE, ...which }), '403')
    expect(listChanges(sandbox)).toEqual([])
  })
})

describe('a place that cannot be seen', () => {
  test.each([
    'repo=octo-org/exmaple',
    'env=preveiw',
    'org=octo-ogr',
    'org=octo-ogr app=dependabot',
  ])('is not mistaken for one whose secret is deleted: %s', async (scenario, target) => {
    const { main, sandbox, addKey } = scenario
    addKey()
    addOldSecret(sandbox)
    const inputs = { secret_targets: `repo\n${target}` }
    const dry = expectNotRevoked(await main({ ...inputs, dry_run: 'true' }), scenario)
    expect(dry).toContain(
      '1 Management Key not revoked; 1 secret would be deleted; 1 secret not deleted:',
    )
    const failed = await main(inputs)
    const error = expectNotRevoked(failed, scenario)
    expect(error).toContain('1 Management Key not revoked; 1 secret deleted; 1 secret not deleted:')
    for (const text of [dry, error]) {
      expect(text).toContain(`${SECRET} in ${target.replace(/^env/, 'repo=octo-org/example env')}`)
      expect(text).toContain('GitHub returned 404')
      expect(text).not.toContain(`${SECRET} in repo=octo-org/example:`)
    }
    expect(listDeleted(failed)).toEqual(['repo=octo-org/example'])
  })

  test('is one without a readable public key', async (scenario) => {
    const { main, sandbox, addKey } = scenario
    addKey()
    const page = { status: 200, body: PAGE, path: '/public-key', times: EVERY_ATTEMPT }
    sandbox.misbehave({ kind: 'status', ...page })
    const error = expectNotRevoked(await main(HERE), scenario)
    expect(error).toContain("GitHub's response is unreadable after 4 attempts: it is a web page")
  })
})

describe('a delete with an unexpected 2xx', () => {
  test.each([200, 202])(
    'is retried, and fails after every attempt: %d',
    async (scenario, status) => {
      const { main, succeed, sandbox, addKey } = scenario
      const fault = { kind: 'status', status, method: 'DELETE', path: '/secrets/' } as const
      addKey()
      addOldSecret(sandbox)
      sandbox.misbehave({ ...fault, times: EVERY_ATTEMPT })
      const error = expectNotRevoked(await main(HERE), scenario)
      expect(error).toContain(
        `${SECRET} in repo=octo-org/example: GitHub's response is unreadable after 4 attempts: the status is ${status}, and only 204 confirms the request`,
      )
      sandbox.misbehave(fault)
      expect(listDeleted(await succeed(HERE))).toHaveLength(1)
      expect(listSecrets(sandbox)).toEqual([])
    },
  )
})

test('a label that matches no key although its secret was there draws a warning that names the keys that may be meant', async (scenario) => {
  const { succeed, sandbox, addKey } = scenario
  addSecrets(sandbox)
  const [first = '', second = ''] = sandbox.teamIds
  const other = addKey('production', { teamIds: [second] })
  const similar = addKey('Prodction')
  const far = addKey('staging')
  const inputs = { label: 'production', team_id: first, ...HERE }
  for (const dry_run of ['true', 'false']) {
    const revoked = await succeed({ ...inputs, dry_run })
    const [warning = ''] = messagesOf(revoked, 'warning')
    expect(warning).toContain('may still be active')
    expect(warning).toContain(`${other} "production"`)
    expect(warning).toContain(`${similar} "Prodction"`)
    expect(warning).not.toContain(far)
    expect(revoked.summary).toMatch(/^### ⚠️ /)
    expect(revoked.summary).toContain(similar)
  }
  // The secret is gone now.
  expect(messagesOf(await succeed(inputs), 'warning')).toEqual([])
  expect(sandbox.activeKeys()).toHaveLength(3)
})
