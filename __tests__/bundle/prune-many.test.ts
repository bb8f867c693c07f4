import { describe, expect, test } from '@jest/globals'
import { daysBefore } from '../support/listed-keys.js'
import { withAction } from '../support/scenario.js'

const MANY = 10_000
const PAGES = { pageSize: 500 }
const REPORT = { label_pattern: 'ci-*', older_than: '7d' }

/** A heap large enough for the step, but not for the complete list. */
const SMALL_HEAP = ['--max-old-space-size=40']

/** GitHub rejects a larger job summary. */
const LARGEST_SUMMARY = 1024 * 1024

describe('ten thousand keys in pages of five hundred', () => {
  test('are searched in little memory', () =>
    withAction(
      'prune',
      async ({ succeed, addKey, sandbox }) => {
        const createdAt = daysBefore(8)
        for (let number = 1; number <= MANY; number += 1) {
          addKey(number % 500 === 0 ? `ci-${number}` : `other-${number}-${'x'.repeat(3000)}`, {
            createdAt,
          })
        }
        const dry = await succeed(REPORT, { nodeArgs: SMALL_HEAP })
        expect(sandbox.requests).toHaveLength(MANY / PAGES.pageSize)
        expect(JSON.parse(dry.outputs['candidates'] ?? '')).toHaveLength(20)
      },
      PAGES,
    ))

  test('may all be candidates, and GitHub still accepts the summary', () =>
    withAction(
      'prune',
      async ({ succeed, addKey, sandbox }) => {
        const createdAt = daysBefore(8)
        for (let number = 1; number <= MANY; number += 1) {
          addKey(`ci-${number}-${'_'.repeat(250)}`, { createdAt })
        }
        const dry = await succeed(REPORT)
        expect(JSON.parse(dry.outputs['candidates'] ?? '')).toHaveLength(MANY)
        expect(Buffer.byteLength(dry.summary)).toBeLessThan(LARGEST_SUMMARY)
        expect(dry.summary).toMatch(/And \d+ more/)
        expect(sandbox.activeKeys()).toHaveLength(MANY)
      },
      PAGES,
    ))

  test('may all resist revocation, and GitHub still accepts the summary', () =>
    withAction(
      'prune',
      async ({ main, addKey, sandbox }) => {
        for (let number = 0; number < 2500; number += 1) {
          addKey(`ci-${number}`, { createdAt: daysBefore(8) })
        }
        const body = { detail: 'not allowed at this time '.repeat(16) }
        sandbox.misbehave({ kind: 'status', status: 403, body, method: 'DELETE', times: 2500 })
        const pruned = await main({ ...REPORT, dry_run: 'false', max_revocations: '2500' })
        expect(pruned.outcome).toBe('failure')
        expect(Buffer.byteLength(pruned.summary)).toBeLessThan(LARGEST_SUMMARY)
        expect(pruned.summary).toMatch(/And \d+ more/)
      },
      PAGES,
    ))

  test('a match at the very end is found', () =>
    withAction(
      'prune',
      async ({ main, addKey, liveLabels }) => {
        for (let number = 1; number < 1500; number += 1) addKey('other')
        addKey('ci-last', { createdAt: daysBefore(8) })
        await main({ ...REPORT, dry_run: 'false' })
        expect(liveLabels()).not.toContain('ci-last')
      },
      PAGES,
    ))
})
