import { describe, expect, test } from '@jest/globals'
import {
  expectFailure,
  expectMessage,
  messagesOf,
  outcomeOf,
  SUCCESS,
} from '../support/messages.js'
import { listWrites } from '../support/requests.js'
import { SECRET, withAction } from '../support/scenario.js'
import {
  describePlace,
  expectHalf,
  expectPostLeavesAll,
  expectTakenBack,
  lineOf,
  pathOf,
  STORES,
  TARGETS,
} from '../support/secret-outcomes.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'

describe('a target that refuses a new secret', () => {
  for (const [index, store] of STORES.entries()) {
    for (const status of index === 1 ? [403, 422] : [403]) {
      test.concurrent(`with ${status} as number ${index + 1} of ${STORES.length}`, () =>
        withAction('. with secrets', async (parts) => {
          const { main, sandbox } = parts
          const body = { message: 'Must have admin rights.' }
          sandbox.misbehave({ kind: 'status', status, method: 'PUT', path: pathOf(store), body })
          const result = await main({ secret_targets: TARGETS })
          expectTakenBack(result, sandbox, [])
          const error = messagesOf(result, 'error').join('\n')
          expect(error).toContain(
            `${SECRET} in ${describePlace(store)} could not be written: GitHub returned ${status}`,
          )
          const others = STORES.filter((one) => one !== store)
          expect([...listWrites(sandbox)].sort()).toEqual(
            [
              `PUT ${pathOf(store)} ${status}`,
              ...others.flatMap((one) => [`PUT ${pathOf(one)} 201`, `DELETE ${pathOf(one)} 204`]),
            ].sort(),
          )
          await expectPostLeavesAll(parts, result)
        }))
    }
  }

  test.concurrent('deletes new secrets and leaves old ones that were not reached', () =>
    withAction('. with secrets', async (parts) => {
      const { main, sandbox } = parts
      addOldSecret(sandbox, { store: 'agents' })
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const result = await main({ secret_targets: TARGETS })
      expectTakenBack(result, sandbox, [lineOf('agents', OLD_VALUE)])
      expectFailure(result, 'with the permission dependabot_secrets: write')
      await expectPostLeavesAll(parts, result)
    }))

  test.concurrent('revokes the key only after deleting the secrets that contain it', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      await main({ secret_targets: TARGETS })
      const deletes = sandbox.requests.filter(({ method }) => method === 'DELETE')
      const paths = deletes.map(({ path }) => path)
      expect(paths.pop()).toContain('/management_key/')
      expect(paths.sort()).toEqual([`/github${pathOf('actions')}`, `/github${pathOf('agents')}`])
    }))
})

describe('a target that refuses to be overwritten', () => {
  test.concurrent('keeps its old value, and secrets created before it are deleted', () =>
    withAction('. with secrets', async (parts) => {
      const { main, sandbox } = parts
      addOldSecret(sandbox, { store: 'dependabot' })
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const result = await main({ secret_targets: TARGETS })
      expectTakenBack(result, sandbox, [lineOf('dependabot', OLD_VALUE)])
      await expectPostLeavesAll(parts, result)
    }))

  test.concurrent('as the first one, leaves everything as it was', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      for (const store of STORES) addOldSecret(sandbox, { store })
      sandbox.github.withhold({ method: 'PUT', path: pathOf('actions') })
      const result = await main({ secret_targets: TARGETS })
      expectTakenBack(result, sandbox, [
        lineOf('agents', OLD_VALUE),
        lineOf('dependabot', OLD_VALUE),
        lineOf('actions', OLD_VALUE),
      ])
    }))
})

describe('a failure after an old secret was overwritten', () => {
  test.concurrent('leaves the key active, and reports where it is and where not', () =>
    withAction('. with secrets', async (parts) => {
      const { main, sandbox } = parts
      addOldSecret(sandbox)
      addOldSecret(sandbox, { store: 'dependabot' })
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const result = await main({ secret_targets: 'app=actions\napp=dependabot' })
      expect(listSecrets(sandbox)).toEqual([
        lineOf('dependabot', OLD_VALUE),
        lineOf('actions', 'active'),
      ])
      expectHalf(result, sandbox, { holding: { actions: 'updated' }, others: ['dependabot'] })
      expect(listWrites(sandbox).some((write) => write.startsWith('DELETE'))).toBe(false)
      await expectPostLeavesAll(parts, result)
    }))

  test.concurrent('leaves the new secrets in place too', () =>
    withAction('. with secrets', async (parts) => {
      const { main, sandbox } = parts
      addOldSecret(sandbox, { store: 'dependabot' })
      addOldSecret(sandbox, { store: 'agents' })
      sandbox.github.withhold({ method: 'PUT', path: '/agents/' })
      const result = await main({ secret_targets: TARGETS })
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', OLD_VALUE),
        lineOf('dependabot', 'active'),
        lineOf('actions', 'active'),
      ])
      expectHalf(result, sandbox, {
        holding: { actions: 'created', dependabot: 'updated' },
        others: ['agents'],
      })
      await expectPostLeavesAll(parts, result)
    }))

  test.concurrent('names the previous keys, none of which is revoked', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const former = await main({ secret_targets: TARGETS })
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const half = await main({ secret_targets: TARGETS, if_exists: 'replace' })
      expect(half.exitCode).toBe(1)
      expect(half.outputs).toMatchObject({
        created: 'false',
        replaced_key_ids: '[]',
        retained_key_ids: JSON.stringify([former.outputs['key_id']]),
      })
      expect(sandbox.activeKeys()).toHaveLength(2)
    }))

  test.concurrent('is fixed by the next run with if_exists: replace', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      addOldSecret(sandbox)
      addOldSecret(sandbox, { store: 'dependabot' })
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const half = await main({ secret_targets: TARGETS })
      sandbox.github.grant()
      const result = await main({ secret_targets: TARGETS, if_exists: 'replace' })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', 'active'),
        lineOf('dependabot', 'active'),
        lineOf('actions', 'active'),
      ])
      expect(sandbox.activeKeys()).toHaveLength(1)
      expect(result.outputs['replaced_key_ids']).toBe(JSON.stringify([half.outputs['key_id']]))
    }))
})

describe('an ambiguous response', () => {
  test.concurrent('a redirect of the write does not count as a write', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const location = `${sandbox.githubUrl}/repositories/1/actions/secrets/${SECRET}`
      sandbox.misbehave({ kind: 'redirect', location, method: 'PUT' })
      const result = await main()
      expect(listSecrets(sandbox)).toEqual([])
      expectTakenBack(result, sandbox, [])
    }))

  test.concurrent('a redirect of the delete does not count as a delete', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const path = SECRET
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const location = `${sandbox.githubUrl}/repositories/1`
      sandbox.misbehave({ kind: 'redirect', location, method: 'DELETE', path, times: Infinity })
      const result = await main({ secret_targets: TARGETS })
      expect(listSecrets(sandbox)).toEqual([
        lineOf('agents', 'active'),
        lineOf('actions', 'active'),
      ])
      expectFailure(result, `${sandbox.activeKeys()[0]?.id}`)
    }))
})

describe('a rollback that fails', () => {
  test.concurrent('leaves the key active, because a secret that contains it could not be deleted', () =>
    withAction('. with secrets', async (parts) => {
      const { main, sandbox } = parts
      sandbox.github.withhold({ method: 'PUT', path: '/agents/' })
      sandbox.github.withhold({ method: 'DELETE', path: pathOf('actions') })
      const result = await main({ secret_targets: TARGETS })
      expect(listSecrets(sandbox)).toEqual([lineOf('actions', 'active')])
      expectHalf(result, sandbox, {
        holding: { actions: 'created' },
        others: ['dependabot', 'agents'],
      })
      expectMessage(
        result,
        'warning',
        `${SECRET} in ${describePlace('actions')} could not be deleted: GitHub returned 403`,
      )
      // Nothing was overwritten here, so that cannot be the reason.
      expect(messagesOf(result, 'error').join('\n')).not.toContain('was overwritten')
      await expectPostLeavesAll(parts, result)
    }))

  test.concurrent('is retried if transient, even when the response to a delete is lost', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.github.withhold({ method: 'PUT', path: '/agents/' })
      const path = SECRET
      sandbox.misbehave({ kind: 'status', status: 502, after: 'work', method: 'DELETE', path })
      sandbox.misbehave({ kind: 'reset', method: 'DELETE', path: pathOf('dependabot') })
      expectTakenBack(await main({ secret_targets: TARGETS }), sandbox, [])
    }))

  test.concurrent('names the key when the secrets are deleted but the key cannot be revoked', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      sandbox.github.withhold({ method: 'PUT', path: '/dependabot/' })
      const path = '/management_key/'
      sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path, times: 2 })
      const result = await main({ secret_targets: TARGETS })
      const [key] = sandbox.activeKeys()
      expectFailure(result, `Management Key ${key?.id} was created but not delivered`)
      expect(listSecrets(sandbox)).toEqual([])
      const warned = await post(result)
      expectMessage(warned, 'warning', `${key?.id} may still be active`)
      expect((await post(result)).exitCode).toBe(0)
      expect(sandbox.activeKeys()).toEqual([])
    }))
})
