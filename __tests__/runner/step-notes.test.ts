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
import { readNotes, writeNote } from '../../src/runner/step-notes.js'

describe('notes of the steps of a job', () => {
  let temp = ''
  const folder = () => join(temp, 'junction-management-key')
  const path = (name: string) => join(folder(), name)

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), 'step-notes-'))
  })

  afterEach(() => rmSync(temp, { recursive: true, force: true }))

  test('are one for each name, the oldest first', () => {
    writeNote(temp, '2000-7.json', 'fake second')
    writeNote(temp, '900-8.json', 'fake first')
    writeNote(temp, '2000-7.json', 'fake second, again')
    expect(readNotes(temp)).toEqual(['fake first', 'fake second, again'])
  })

  test('are none before the first', () => {
    expect(readNotes(temp)).toEqual([])
  })

  test('are none in a missing folder, which stays missing', () => {
    const gone = join(temp, 'gone')
    expect(readNotes(gone)).toEqual([])
    expect(() => writeNote(gone, '1-1.json', 'fake')).toThrow('ENOENT')
  })

  test('may quote a record as large as a state value can be, of which every second character is a quote', () => {
    const note = JSON.stringify({ record: 'x"'.repeat(64 * 1024) })
    writeNote(temp, '1-1.json', note)
    expect(readNotes(temp)).toEqual([note])
  })

  test('are never partially written', () => {
    writeNote(temp, '1-1.json', 'fake note')
    writeFileSync(path('2-2.json.draft'), 'fake ha')
    expect(readNotes(temp)).toEqual(['fake note'])
  })

  // Windows has neither pipes in a folder nor links for everybody.
  const testLinks = process.platform === 'win32' ? test.skip : test

  testLinks.each<[string, (victim: string) => void]>([
    ['a symbolic link', (victim) => symlinkSync(victim, path('1-1.json'))],
    ['a hard link', (victim) => linkSync(victim, path('1-1.json'))],
    ['a folder', () => mkdirSync(path('1-1.json'))],
    ['too large', () => writeFileSync(path('1-1.json'), 'x'.repeat(600_000))],
    ['a pipe without a writer', () => execFileSync('mkfifo', [path('1-1.json')])],
    ['of another name', () => writeFileSync(path('note.txt'), 'fake')],
  ])('are not read where one is %s', (_what, prepare) => {
    const victim = join(temp, 'victim')
    writeFileSync(victim, 'fake secret of another program')
    writeNote(temp, '2-2.json', 'fake note')
    prepare(victim)
    expect(readNotes(temp)).toEqual(['fake note'])
  })

  testLinks('replace a link of their own name, and do not write through it', () => {
    const victim = join(temp, 'victim')
    writeFileSync(victim, 'fake')
    mkdirSync(folder())
    symlinkSync(victim, path('1-1.json'))
    writeNote(temp, '1-1.json', 'fake note')
    expect(readNotes(temp)).toEqual(['fake note'])
    expect(readFileSync(victim, 'utf8')).toBe('fake')
  })

  testLinks('are neither written nor read through a link that stands for their folder', () => {
    const elsewhere = join(temp, 'elsewhere')
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, '1-1.json'), 'fake')
    symlinkSync(elsewhere, folder())
    expect(readNotes(temp)).toEqual([])
    expect(() => writeNote(temp, '1-1.json', 'fake note')).toThrow('is not a folder')
  })
})
