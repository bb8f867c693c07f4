import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { passOn, withGateway } from '../support/gateway.js'
import { expectFailure, outcomeOf, SUCCESS } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { RUN_ID, withAction } from '../support/scenario.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'

const OWN_LABEL = `preview-${RUN_ID}`
const YEAR_MS = 365 * 86_400_000

/** Shifts the `Date` of every response, in milliseconds. */
function withShiftedDate(sandbox: Sandbox, ms: number, play: (apiUrl: string) => Promise<void>) {
  return withGateway(
    sandbox,
    (answer, response) => {
      answer.headers.date = new Date(Date.parse(answer.headers.date ?? '') + ms).toUTCString()
      passOn(answer, response)
    },
    play,
  )
}

describe('a lost response, and clocks that are wrong', () => {
  describe.each([3_000, 60_000, 360_000, YEAR_MS])(
    'when Date is %d ms ahead of created_at',
    (shift) => {
      test.concurrent('the key is named when the label is not its own', () =>
        withAction('.', async ({ main, sandbox }) => {
          sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
          await withShiftedDate(sandbox, shift, async (apiUrl) => {
            const run = await main({ api_url: apiUrl })
            expectFailure(run, sandbox.activeKeys()[0]?.id ?? 'no key')
            expect(findUnreportedKeys(sandbox, [run])).toEqual([])
            expect(countRequests(sandbox, 'DELETE')).toBe(0)
          })
        }))

      test.concurrent('the key is revoked when the label is its own, and another created', () =>
        withAction('.', async ({ main, sandbox }) => {
          sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
          await withShiftedDate(sandbox, shift, async (apiUrl) => {
            const run = await main({ label: OWN_LABEL, api_url: apiUrl })
            expect(outcomeOf(run)).toEqual(SUCCESS)
            expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([run.outputs['key_id']])
          })
        }))
    },
  )

  test.concurrent.each([
    ['replace', 'preview-42', 0],
    ['create', OWN_LABEL, 1],
  ])(
    'a year behind, no older key looks new: if_exists: %s, label %s',
    (ifExists, label, survivors) =>
      withAction('.', async ({ main, sandbox, addKey }) => {
        const createdAt = new Date(Date.now() - 7 * 86_400_000).toISOString()
        const old = addKey(label, { createdAt })
        sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
        // `replace` would revoke older keys in the end, which is not the subject here.
        sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', path: old, times: 9 })
        await withShiftedDate(sandbox, -YEAR_MS, async (apiUrl) => {
          const run = await main({ label, api_url: apiUrl, if_exists: ifExists })
          const touched = sandbox.requests.filter(
            ({ method, path }) => method === 'DELETE' && path.endsWith(old),
          )
          expect(touched).toHaveLength(1 - survivors)
          expect(outcomeOf(run)).toEqual(SUCCESS)
          expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([old, run.outputs['key_id']])
        })
      }),
  )

  test.concurrent('post does not use this machine’s clock, which was set back after the main step', () =>
    withAction('.', async ({ main, post, sandbox, describeRun }) => {
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', skip: 1, times: Infinity })
      const run = await main({ label: OWN_LABEL })
      expect(run.exitCode).toBe(1)
      sandbox.behave()
      const setBack = 'data:text/javascript,const now = Date.now; Date.now = () => now() - 36e5'
      const { env } = describeRun()
      const cleaned = await post(
        run,
        { label: OWN_LABEL },
        { env: { ...env, NODE_OPTIONS: `--import "${setBack.replaceAll(' ', '%20')}"` } },
      )
      expect(cleaned.exitCode).toBe(0)
      expect(sandbox.activeKeys()).toEqual([])
    }))
})
