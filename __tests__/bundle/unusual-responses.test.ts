import { describe, expect } from '@jest/globals'
import { expectFailure, expectWarning } from '../support/messages.js'
import { RUN_ID, testAction } from '../support/scenario.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'
import { UNUSUAL_RESPONSES, withUnusualResponses } from '../support/unusual-responses.js'

const test = testAction('.')
const testRevoke = testAction('revoke')
const testPrune = testAction('prune')

describe('an unusual response to a create request that created a key', () => {
  test.each(UNUSUAL_RESPONSES)(
    'is an error that names the key: %s',
    ({ sandbox, main, post }, odd) =>
      withUnusualResponses(sandbox, 'POST', odd, async (api_url) => {
        const run = await main({ api_url, timeout_seconds: '5' })
        const [key] = sandbox.activeKeys()
        expectFailure(run, `${key?.id}`)
        expect(run.stderr).toBe('')
        const cleaned = await post(run, { api_url, timeout_seconds: '5' })
        expect(cleaned.exitCode).toBe(0)
        expect(findUnreportedKeys(sandbox, [run, cleaned])).toEqual([])
      }),
  )
})

describe('101 Switching Protocols instead of a response', () => {
  const [switching] = UNUSUAL_RESPONSES
  if (switching === undefined) throw new Error('There are no unusual responses')

  test('makes a create with its own label revoke its keys', ({ sandbox, main }) =>
    withUnusualResponses(sandbox, 'POST', switching, async (api_url) => {
      const run = await main({ api_url, label: `preview-${RUN_ID}` })
      expectFailure(run, '101')
      expect(sandbox.keys()).not.toEqual([])
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test('is an error of create when the list request gets it', ({ sandbox, main }) =>
    withUnusualResponses(sandbox, 'GET', switching, async (api_url) => {
      const run = await main({ api_url, if_exists: 'replace' })
      expectFailure(run, '101')
      expect(sandbox.keys()).toEqual([])
    }))

  test('is a warning of post that names the key', ({ sandbox, main, post }) =>
    withUnusualResponses(sandbox, 'DELETE', switching, async (api_url) => {
      const created = await main({ api_url })
      const cleaned = await post(created, { api_url, revoke: 'always' })
      expectWarning(cleaned, new RegExp(`${created.outputs['key_id']}.*101`))
    }))

  testRevoke('is an error of revoke', ({ sandbox, main, addKey }) =>
    withUnusualResponses(sandbox, 'DELETE', switching, async (api_url) => {
      const key_id = addKey('preview-1')
      const revoked = await main({ api_url, key_id })
      expectFailure(revoked, new RegExp(`${key_id}.*101`))
    }),
  )

  testPrune('is an error of prune', ({ sandbox, main }) =>
    withUnusualResponses(sandbox, 'GET', switching, async (api_url) => {
      const pruned = await main({ api_url, label_pattern: '*', older_than: '7d' })
      expectFailure(pruned, '101')
    }),
  )
})
