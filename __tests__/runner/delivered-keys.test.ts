import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { listDelivered, rememberDelivered } from '../../src/runner/delivered-keys.js'

describe('delivered keys', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'delivered-keys-'))
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('are remembered by every step of the job, in order', () => {
    rememberDelivered('fake-first', folder)
    rememberDelivered('fake-second', folder)
    expect(listDelivered(folder)).toEqual(['fake-first', 'fake-second'])
  })

  test('are none before the first', () => {
    expect(listDelivered(folder)).toEqual([])
  })

  test.each([undefined, ''])('are none without a folder: %j', (nowhere) => {
    expect(() => rememberDelivered('fake-first', nowhere)).not.toThrow()
    expect(listDelivered(nowhere)).toEqual([])
  })

  test('are none in a folder that is gone, which cannot take any', () => {
    const gone = join(folder, 'gone')
    expect(listDelivered(gone)).toEqual([])
    expect(() => rememberDelivered('fake-first', gone)).toThrow('ENOENT')
  })
})
