import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { type Scenario, withAction } from '../support/scenario.js'

const TARGETS = ['repo', 'env=preview', 'org=octo-org'].join('\n')

/** Puts a secret wherever TARGETS says. */
function addSecrets({ github, repository }: Sandbox): void {
  const [owner = '', repo = ''] = repository.split('/')
  github.addEnvironment(repository, 'preview')
  github.addSecret({ owner, repo, name: 'A_KEY' })
  github.addSecret({ owner, repo, environment: 'preview', name: 'A_KEY' })
  github.addSecret({ owner: 'octo-org', name: 'A_KEY' })
  github.addSecret({ owner, repo, name: 'ANOTHER_KEY' })
}

function revoke({ main, sandbox }: Scenario, inputs: Record<string, string>) {
  const github = { github_token: sandbox.githubToken, secret_name: 'A_KEY' }
  return main({ ...github, secret_targets: TARGETS, ...inputs })
}

describe('secrets that contain the keys', () => {
  test('are deleted, all of them, before the first key is revoked', () =>
    withAction('revoke', async (companion) => {
      const { sandbox, addKey } = companion
      addSecrets(sandbox)
      const ids = [addKey('a'), addKey('a')]
      const revoked = await revoke(companion, { label: 'a' })
      expect(revoked.outcome).toBe('success')
      expect(listChanges(sandbox)).toEqual([
        ...Array(3).fill('DELETE A_KEY 204'),
        ...ids.map((id) => `DELETE ${id} 200`),
      ])
      expect(sandbox.github.secrets().map(({ name }) => name)).toEqual(['ANOTHER_KEY'])
      expect(JSON.parse(revoked.outputs['deleted_secrets'] ?? '')).toEqual(
        ['octo-org/example', 'preview', 'octo-org'].map((place) => ({
          target: expect.stringContaining(place),
          name: 'A_KEY',
        })),
      )
      expect(revoked.summary.match(/A_KEY/g)).toHaveLength(3)
    }))

  test('that are missing are fine, and not reported as deleted', () =>
    withAction('revoke', async (companion) => {
      const { sandbox, addKey, liveLabels } = companion
      addKey('a')
      const [owner = '', repo = ''] = sandbox.repository.split('/')
      sandbox.github.addSecret({ owner, repo, name: 'A_KEY' })
      const targets = 'repo\nrepo app=agents'
      const revoked = await revoke(companion, { label: 'a', secret_targets: targets })
      expect(revoked.outcome).toBe('success')
      expect(JSON.parse(revoked.outputs['deleted_secrets'] ?? '')).toHaveLength(1)
      expect(liveLabels()).toEqual([])
    }))

  test('are deleted even though no key is left', () =>
    withAction('revoke', async (companion) => {
      addSecrets(companion.sandbox)
      const revoked = await revoke(companion, { label: 'a', secret_targets: 'repo' })
      expect(revoked.outcome).toBe('success')
      expect(companion.sandbox.github.secrets()).toHaveLength(3)
    }))

  test('when one cannot be deleted no key is revoked, and the outputs are true', () =>
    withAction('revoke', async (companion) => {
      const { sandbox, addKey, liveLabels } = companion
      addSecrets(sandbox)
      addKey('a')
      sandbox.github.withhold({ method: 'DELETE', path: '/environments/' })
      sandbox.github.withhold({ method: 'DELETE', path: '/orgs/' })
      const failed = await revoke(companion, { label: 'a' })
      expect(failed.outcome).toBe('failure')
      const error = messagesOf(failed, 'error').join('\n')
      expect(error).toContain('2 secrets could not be deleted, so no key was revoked')
      expect(error).toMatch(/preview.*403/)
      expect(error).toMatch(/octo-org.*403/)
      expect(liveLabels()).toEqual(['a'])
      expect(failed.outputs['revoked_key_ids']).toBe('[]')
      expect(JSON.parse(failed.outputs['deleted_secrets'] ?? '')).toHaveLength(1)
      expect(sandbox.github.secrets()).toHaveLength(3)
    }))

  test('a key that cannot be revoked does not hide that they are gone', () =>
    withAction('revoke', async (companion) => {
      const { sandbox, addKey } = companion
      addSecrets(sandbox)
      const id = addKey('a')
      sandbox.misbehave({ kind: 'status', status: 400, method: 'DELETE', path: id })
      const failed = await revoke(companion, { key_id: id, secret_targets: 'repo' })
      expect(failed.outcome).toBe('failure')
      expect(failed.outputs['revoked_key_ids']).toBe('[]')
      expect(JSON.parse(failed.outputs['deleted_secrets'] ?? '')).toHaveLength(1)
    }))

  test('are left alone when the keys cannot be listed', () =>
    withAction('revoke', async (companion) => {
      const { sandbox } = companion
      addSecrets(sandbox)
      sandbox.misbehave({ kind: 'status', status: 403, path: /management_key$/ })
      expect((await revoke(companion, { label: 'a' })).outcome).toBe('failure')
      expect(listChanges(sandbox)).toEqual([])
    }))
})

describe('a label that matches no key although its secret was there', () => {
  test('draws a warning that names the keys that may be meant', () =>
    withAction('revoke', async (companion) => {
      const { sandbox, addKey } = companion
      addSecrets(sandbox)
      const [first = '', second = ''] = sandbox.teamIds
      const other = addKey('production', { teamIds: [second] })
      const similar = addKey('prodction')
      const far = addKey('staging')
      const inputs = { label: 'production', team_id: first, secret_targets: 'repo' }
      for (const dry_run of ['true', 'false']) {
        const revoked = await revoke(companion, { ...inputs, dry_run })
        expect(revoked.outcome).toBe('success')
        const [warning = ''] = messagesOf(revoked, 'warning')
        expect(warning).toContain('may still be active')
        expect(warning).toContain(`${other} ("production")`)
        expect(warning).toContain(`${similar} ("prodction")`)
        expect(warning).not.toContain(far)
        expect(revoked.summary).toMatch(/^### ⚠️ /)
        expect(revoked.summary).toContain(similar)
      }
      // The secret is gone now.
      expect(messagesOf(await revoke(companion, inputs), 'warning')).toEqual([])
      expect(sandbox.activeKeys()).toHaveLength(3)
    }))
})
