import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { listDelivered, rememberDelivered } from '../../src/runner/delivered-keys.js'

describe('delivered keys', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'delivered-keys-'))
  })

  const note = () => join(folder, 'junction-management-key-delivered')

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('are remembered by every step of the job, in order', () => {
    rememberDelivered('fake-first', folder)
    rememberDelivered('fake-second', folder)
    expect(listDelivered(folder)).toEqual(['fake-first', 'fake-second'])
  })

  test('are read beside what another step left half written', () => {
    writeFileSync(note(), '\u0000\nfake first\nfake-sec')
    rememberDelivered('fake-third', folder)
    expect(listDelivered(folder)).toEqual(['fake-sec', 'fake-third'])
  })

  // Windows has neither pipes in a folder nor links for everybody.
  const testNotes = process.platform === 'win32' ? test.skip : test

  testNotes.each<[string, (victim: string) => void]>([
    ['a symbolic link', (victim) => symlinkSync(victim, note())],
    ['a hard link', (victim) => linkSync(victim, note())],
    ['a folder', () => mkdirSync(note())],
    ['too large', () => writeFileSync(note(), 'fake-id\n'.repeat(10_000))],
    ['a pipe that nobody writes to', () => execFileSync('mkfifo', [note()])],
  ])('are none, and nothing is written, when the note is %s', (_what, prepare) => {
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'fake-first\n')
    prepare(victim)
    expect(listDelivered(folder)).toEqual([])
    expect(() => rememberDelivered('fake-second', folder)).toThrow()
    expect(readFileSync(victim, 'utf8')).toBe('fake-first\n')
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
