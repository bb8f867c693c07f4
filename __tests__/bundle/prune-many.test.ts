import { describe, expect } from '@jest/globals'
import { daysBefore } from '../support/listed-keys.js'
import { testAction } from '../support/scenario.js'

const MANY = 10_000
const PAGES = { pageSize: 500 }
const REPORT = { label_pattern: 'ci-*', older_than: '7d' }

/** A heap large enough for the step, but not for the complete list. */
const SMALL_HEAP = ['--max-old-space-size=40']

/** GitHub rejects a larger job summary. */
const LARGEST_SUMMARY = 1024 * 1024

const testPrune = testAction('prune')
type Play = Parameters<typeof testPrune>[1]
const test = (title: string, play: Play) => testPrune(title, play, PAGES)

describe('ten thousand keys in pages of five hundred', () => {
  const createdAt = daysBefore(8)

  test('are searched in little memory', async ({ succeed, addKey, sandbox }) => {
    for (let number = 1; number <= MANY; number += 1) {
      const isMeant = number % 500 === 0
      addKey(isMeant ? `ci-${number}` : `other-${number}-${'x'.repeat(3000)}`, { createdAt })
    }
    const dry = await succeed(REPORT, { nodeArgs: SMALL_HEAP })
    expect(sandbox.requests).toHaveLength(MANY / PAGES.pageSize)
    expect(JSON.parse(dry.outputs['candidates'] ?? '')).toHaveLength(20)
  })

  test('may all be candidates, and GitHub still accepts the summary', async (scenario) => {
    const { succeed, addKey, sandbox } = scenario
    for (let number = 1; number <= MANY; number += 1) {
      addKey(`ci-${number}-${'_'.repeat(250)}`, { createdAt })
    }
    const dry = await succeed(REPORT)
    expect(JSON.parse(dry.outputs['candidates'] ?? '')).toHaveLength(MANY)
    expect(Buffer.byteLength(dry.summary)).toBeLessThan(LARGEST_SUMMARY)
    expect(dry.summary).toMatch(/And \d+ more/)
    expect(sandbox.activeKeys()).toHaveLength(MANY)
  })

  test('may all resist revocation, and GitHub still accepts the summary', async (scenario) => {
    const { main, addKey, sandbox } = scenario
    for (let number = 0; number < 2500; number += 1) addKey(`ci-${number}`, { createdAt })
    const body = { detail: 'not allowed at this time '.repeat(16) }
    sandbox.misbehave({ kind: 'status', status: 403, body, method: 'DELETE', times: 2500 })
    const pruned = await main({ ...REPORT, dry_run: 'false', max_revocations: '2500' })
    expect(pruned.outcome).toBe('failure')
    expect(Buffer.byteLength(pruned.summary)).toBeLessThan(LARGEST_SUMMARY)
    expect(pruned.summary).toMatch(/And \d+ more/)
  })
})
