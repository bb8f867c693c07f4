import { describe, expect, test } from '@jest/globals'
import type { Revocation } from '../../src/junction/client.js'
import { revokeAll } from '../../src/transaction/revoke-all.js'

const IDS = Array.from({ length: 9 }, (_, index) => `key-${index}`)

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Revocations that are open until `end` is called with the ID and, for one that fails, a reason. */
function start() {
  const canceler = new AbortController()
  const open = new Map<string, (reason?: string) => void>()
  const begun: string[] = []
  const log: string[] = []
  const api = {
    revokeKey: (id: string) => {
      begun.push(id)
      return new Promise<Revocation>((resolve, reject) => {
        open.set(id, (reason) =>
          reason === undefined ? resolve({ status: 'revoked' }) : reject(new Error(reason)),
        )
      })
    },
  }
  const result = revokeAll(
    IDS.map((id) => ({ id })),
    { api, info: (line) => log.push(line), name: ({ id }) => id, cancellation: canceler.signal },
  )
  const end = async (id: string, reason?: string) => {
    open.get(id)?.(reason)
    await settle()
  }
  return { begun, log, end, result, cancel: () => canceler.abort() }
}

describe('revoking many keys', () => {
  test('takes six at the same time, and keeps the order of the list in the log and the outcomes', async () => {
    const { begun, log, end, result } = start()
    expect(begun).toEqual(IDS.slice(0, 6))
    await end('key-1')
    expect([begun.length, log]).toEqual([7, []])
    await end('key-0', 'fake reason')
    const first = ['Could not revoke key-0', 'Revoked key-1']
    expect([begun.length, log]).toEqual([8, first])
    for (const id of [...IDS.slice(0, 8).toReversed(), 'key-8']) await end(id)
    expect(log).toEqual([...first, ...IDS.slice(2).map((id) => `Revoked ${id}`)])
    expect((await result).map(({ id, status }) => `${id} ${status}`)).toEqual([
      'key-0 may still be active',
      ...IDS.slice(1).map((id) => `${id} revoked`),
    ])
  })

  test('begins no other after a cancellation, and finishes those under way', async () => {
    const { begun, end, result, cancel } = start()
    cancel()
    for (const id of IDS.slice(0, 6)) await end(id)
    expect(begun).toEqual(IDS.slice(0, 6))
    expect((await result).map(({ status }) => status)).toEqual([
      ...Array(6).fill('revoked'),
      ...Array(3).fill('may still be active'),
    ])
  })
})
