import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { expectFailure, messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { type Scenario, withAction } from '../support/scenario.js'

const LABEL = 'preview-pr-7'
const ENVIRONMENT = '/environments/preview-pr-7'
const TARGET = 'repo=octo-org/example env=preview-pr-7'

/** A preview as it is left when its pull request is closed: a key, an environment, a secret. Gives the key's id. */
function addPreview({ sandbox, addKey }: Scenario): string {
  const { github, repository } = sandbox
  const [owner = '', repo = ''] = repository.split('/')
  github.addEnvironment(repository, LABEL)
  github.addEnvironment(repository, 'production')
  github.addSecret({ owner, repo, environment: LABEL, name: 'A_KEY' })
  github.addSecret({ owner, repo, environment: 'production', name: 'A_KEY' })
  return addKey(LABEL)
}

function close({ main, sandbox }: Scenario, inputs: Record<string, string> = {}) {
  return main({
    label: LABEL,
    secret_name: 'A_KEY',
    secret_targets: `env=${LABEL}`,
    github_token: sandbox.githubToken,
    delete_environments: 'true',
    ...inputs,
  })
}

function listEnvironments({ github }: Sandbox): readonly string[] {
  return github.environments().map(({ name }) => name)
}

describe('the environment of a preview', () => {
  test('is deleted last, and named in the outputs', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      const id = addPreview(scenario)
      const closed = await close(scenario)
      expect(outcomeOf(closed)).toEqual(SUCCESS)
      expect(listChanges(sandbox)).toEqual([
        'DELETE A_KEY 204',
        `DELETE ${id} 200`,
        `DELETE ${LABEL} 204`,
      ])
      expect(listEnvironments(sandbox)).toEqual(['production'])
      expect(JSON.parse(closed.outputs['deleted_environments'] ?? '')).toEqual([TARGET])
      expect(closed.summary).toContain(TARGET)
    }))

  test('stays unless the step says so', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      const closed = await close(scenario, { delete_environments: 'false' })
      expect(outcomeOf(closed)).toEqual(SUCCESS)
      expect(listEnvironments(sandbox)).toEqual([LABEL, 'production'])
      expect(closed.outputs['deleted_environments']).toBe('[]')
    }))

  test('is deleted once for several secrets in it', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      const secret_targets = `env=${LABEL}\nenv=${LABEL.toUpperCase()} name=ANOTHER\nrepo`
      expect(outcomeOf(await close(scenario, { secret_targets }))).toEqual(SUCCESS)
      expect(listChanges(sandbox).filter((line) => /preview-pr-7/i.test(line))).toHaveLength(1)
    }))

  test('that is gone already is fine, and so are its secrets: a second close changes nothing', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      await close(scenario)
      const again = await close(scenario)
      expect(outcomeOf(again)).toEqual(SUCCESS)
      expect(again.outputs).toMatchObject({
        revoked_key_ids: '[]',
        deleted_secrets: '[]',
        deleted_environments: '[]',
      })
      expect(listEnvironments(sandbox)).toEqual(['production'])
    }))

  test('that never existed does not keep the key alive', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox, addKey } = scenario
      addKey(LABEL)
      sandbox.github.addEnvironment(sandbox.repository, 'production')
      expect(outcomeOf(await close(scenario))).toEqual(SUCCESS)
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test('without delete_environments, a missing one is an error as before', () =>
    withAction('revoke', async (scenario) => {
      scenario.addKey(LABEL)
      const failed = await close(scenario, { delete_environments: 'false' })
      expectFailure(failed, 'could not be deleted')
      expect(scenario.sandbox.activeKeys()).toHaveLength(1)
    }))

  test('counts as deleted when the response was lost', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'DELETE', path: /preview-pr-7$/ })
      const closed = await close(scenario)
      expect(outcomeOf(closed)).toEqual(SUCCESS)
      expect(JSON.parse(closed.outputs['deleted_environments'] ?? '')).toEqual([TARGET])
    }))
})

describe('the environment stays', () => {
  test('when a secret could not be deleted', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      sandbox.github.withhold({ method: 'DELETE', path: '/secrets/' })
      expect((await close(scenario)).exitCode).toBe(1)
      expect(listEnvironments(sandbox)).toContain(LABEL)
      expect(sandbox.activeKeys()).toHaveLength(1)
    }))

  test('when a key could not be revoked', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      const id = addPreview(scenario)
      sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path: id })
      const failed = await close(scenario)
      expect(failed.exitCode).toBe(1)
      expect(listEnvironments(sandbox)).toContain(LABEL)
      expect(failed.outputs['deleted_environments']).toBe('[]')
    }))

  test('when if_missing is fail and a key is missing', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      const stranger = '00000000-0000-4000-8000-000000000000'
      const failed = await close(scenario, { label: '', key_id: stranger, if_missing: 'fail' })
      expect(failed.exitCode).toBe(1)
      expect(listEnvironments(sandbox)).toContain(LABEL)
    }))

  test('when the token may not delete it, and the error says what it needs', () =>
    withAction('revoke', async (scenario) => {
      addPreview(scenario)
      scenario.sandbox.github.withhold({ method: 'DELETE', path: new RegExp(`${ENVIRONMENT}$`) })
      expect(messagesOf(await close(scenario), 'error')).toEqual([
        expect.stringContaining('with the permission administration: write'),
      ])
    }))

  test('in a dry run, which names it', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      const targets = `env=${LABEL}\nenv=never-created`
      const dry = await close(scenario, { dry_run: 'true', secret_targets: targets })
      expect(outcomeOf(dry)).toEqual(SUCCESS)
      expect(listChanges(sandbox)).toEqual([])
      expect(dry.summary).toMatch(/env=preview-pr-7` \| would be deleted \|/)
      expect(dry.summary).not.toContain('never-created')
      expect(dry.outputs['deleted_environments']).toBe('[]')
    }))

  test.each([
    ['with 403', { kind: 'status', status: 403, times: 9 }, /403/],
    ['with 500 for good', { kind: 'status', status: 500, times: 9 }, /500/],
    ['with 200', { kind: 'status', status: 200, times: 9, body: {} }, /only 204 confirms/],
    ['with 404 although it is there', { kind: 'status', status: 404 }, /404/],
  ] as const)('%s: the step fails, after all else is done', (_title, fault, reason) =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      const id = addPreview(scenario)
      sandbox.misbehave({ ...fault, method: 'DELETE', path: new RegExp(`${ENVIRONMENT}$`) })
      const failed = await close(scenario)
      const [error = ''] = messagesOf(failed, 'error')
      expect(error).toContain('not every environment could be deleted')
      expect(error).toContain(TARGET)
      expect(error).toMatch(reason)
      expect(failed.outputs['revoked_key_ids']).toBe(JSON.stringify([id]))
      expect(failed.outputs['deleted_environments']).toBe('[]')
      expect(sandbox.activeKeys()).toEqual([])
    }),
  )
})

describe('a place that cannot be seen', () => {
  test('does not pass for one that is gone', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      addPreview(scenario)
      const failed = await close(scenario, { secret_targets: `repo=octo-org/none env=${LABEL}` })
      expectFailure(failed, /could not confirm that it is gone/)
      expect(sandbox.activeKeys()).toHaveLength(1)
    }))

  test('nor does one on the second page of the list', () =>
    withAction('revoke', async (scenario) => {
      const { sandbox } = scenario
      for (let number = 1; number <= 101; number += 1) {
        sandbox.github.addEnvironment(sandbox.repository, `preview-pr-${1000 + number}`)
      }
      sandbox.misbehave({ kind: 'status', status: 404, method: 'DELETE', path: /\/[^/]+-1101$/ })
      const failed = await close(scenario, { secret_targets: 'env=preview-pr-1101' })
      expectFailure(failed, '404')
    }))
})

test('without an environment to delete, the input is refused before any request', () =>
  withAction('revoke', async (scenario) => {
    for (const secret_targets of ['repo', '']) {
      const refused = await close(scenario, { secret_targets })
      expectFailure(refused, 'delete_environments is true, but no target is an environment')
    }
    const bare = await close(scenario, { secret_name: '', secret_targets: '' })
    expectFailure(bare, 'delete_environments')
    expect(scenario.sandbox.requests).toEqual([])
  }))
