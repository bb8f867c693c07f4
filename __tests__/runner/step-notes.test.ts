import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { transformSync } from '@swc/core'
import { identifyProcess, observeProcess, signalProcess } from '../../src/runner/processes.js'
import { addNote, readNotes, replaceNote } from '../../src/runner/step-notes.js'

describe('notes of the steps of a job', () => {
  let temp = ''
  const folder = () => join(temp, 'junction-management-key')
  const path = (name: string) => join(folder(), name)

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), 'step-notes-'))
  })

  afterEach(() => rmSync(temp, { recursive: true, force: true }))

  const texts = () => readNotes(temp).map(({ text }) => text)

  test('get numbers in order, and keep them', () => {
    expect([addNote(temp, 'fake first'), addNote(temp, 'fake second')]).toEqual([1, 2])
    replaceNote(temp, 1, 'fake first, again')
    expect(readNotes(temp)).toEqual([
      { number: 1, text: 'fake first, again' },
      { number: 2, text: 'fake second' },
    ])
  })

  /** Writes a script that takes so many numbers, for a process that no realm of Jest's is around. */
  function writeScript(count: number): string {
    const source = readFileSync('src/runner/step-notes.ts', 'utf8')
    const { code } = transformSync(source, {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    })
    const asked = `for (let i = 0; i < ${count}; i += 1) addNote(${JSON.stringify(temp)}, 'fake ' + process.pid)`
    const script = join(temp, 'ask.mjs')
    writeFileSync(script, `${code}\n${asked}`)
    return script
  }

  test('get a number of their own, however many processes ask at the same time', async () => {
    const script = writeScript(25)
    const ask = () => promisify(execFile)(process.execPath, [script])
    await Promise.all([ask(), ask(), ask(), ask()])
    expect(readNotes(temp).map(({ number }) => number)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    )
    expect(new Set(texts()).size).toBe(4)
  })

  test('never get a number that another process took since they were listed', () => {
    addNote(temp, 'fake first')
    // The second is too long for the list, as one is that appears after it.
    for (const number of ['999999999', '1000000000']) writeFileSync(path(`${number}.json`), 'fake')
    execFileSync(process.execPath, [writeScript(1)])
    expect(readFileSync(path('1000000000.json'), 'utf8')).toBe('fake')
    expect(readFileSync(path('1000000001.json'), 'utf8')).toMatch(/^fake \d+$/)
  })

  test('are none before the first', () => {
    expect(readNotes(temp)).toEqual([])
  })

  test('are none in a missing folder, which stays missing', () => {
    const gone = join(temp, 'gone')
    expect(readNotes(gone)).toEqual([])
    expect(() => addNote(gone, 'fake')).toThrow('ENOENT')
  })

  test('may contain a record as large as a state value can be', () => {
    const note = `{"record":"${'x'.repeat(128 * 1024)}"}`
    addNote(temp, note)
    expect(texts()).toEqual([note])
  })

  // Windows has neither modes, pipes in a folder, nor links for everybody.
  const testLinks = process.platform === 'win32' ? test.skip : test

  testLinks.each<[string, (victim: string) => void]>([
    ['a symbolic link', (victim) => symlinkSync(victim, path('2.json'))],
    ['a folder', () => mkdirSync(path('2.json'))],
    ['too large', () => writeFileSync(path('2.json'), 'x'.repeat(600_000))],
    ['a pipe without a writer', () => execFileSync('mkfifo', [path('2.json')])],
    ['of another name', () => writeFileSync(path('note.txt'), 'fake')],
  ])('are not read where one is %s', (_what, prepare) => {
    const victim = join(temp, 'victim')
    writeFileSync(victim, 'fake secret of another program')
    addNote(temp, 'fake note')
    prepare(victim)
    expect(texts()).toEqual(['fake note'])
  })

  testLinks('are for their own user only', () => {
    addNote(temp, 'fake note')
    expect([folder(), path('1.json')].map((one) => statSync(one).mode & 0o077)).toEqual([0, 0])
  })

  testLinks('replace a link of their own name, and do not write through it', () => {
    const victim = join(temp, 'victim')
    writeFileSync(victim, 'fake')
    mkdirSync(folder())
    symlinkSync(victim, path('2.json'))
    replaceNote(temp, 2, 'fake note')
    expect(texts()).toEqual(['fake note'])
    expect(readFileSync(victim, 'utf8')).toBe('fake')
  })

  test('are none in a folder that cannot be listed', () => {
    if (process.getuid?.() === 0) writeFileSync(folder(), 'fake: root can list every folder')
    else mkdirSync(folder(), { mode: 0o300 })
    expect(readNotes(temp)).toEqual([])
    expect(() => addNote(temp, 'fake')).toThrow()
  })

  testLinks('are neither written nor read through a link that stands for their folder', () => {
    const elsewhere = join(temp, 'elsewhere')
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, '2.json'), 'fake')
    symlinkSync(elsewhere, folder())
    expect(readNotes(temp)).toEqual([])
    expect(() => addNote(temp, 'fake note')).toThrow('is not a folder')
  })
})

const OWN = identifyProcess()
const hasProc = process.platform === 'linux'

/** A child, identified as it would identify itself. */
async function startChild() {
  const file = 'process.stdin.resume(); console.log("ready")'
  const child = spawn(process.execPath, ['-e', file], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const { pid = 0 } = child
  const { readFileSync } = await import('node:fs')
  const stat = hasProc ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
  return { child, identity: { ...OWN, pid, startTime: stat.split(' ')[21] ?? '' } }
}

test('a process is running until it has ended', async () => {
  const { child, identity } = await startChild()
  expect([observeProcess(OWN), observeProcess(identity)]).toEqual(['running', 'running'])
  const ended = once(child, 'exit')
  if (hasProc) signalProcess(identity, 'SIGKILL')
  else child.kill('SIGKILL')
  await ended
  expect(observeProcess(identity)).toBe('ended')
})

test('a process that has the ID of another is not that one, and gets no signal for it', () => {
  if (!hasProc) return
  const earlier = { ...OWN, startTime: `${Number(OWN.startTime) - 1}` }
  expect(observeProcess(earlier)).toBe('ended')
  expect(() => signalProcess(earlier, 'SIGKILL')).not.toThrow()
})

test('a process of another container is not seen, and gets no signal', () => {
  const elsewhere = { ...OWN, namespace: 'pid:[1]' }
  expect(observeProcess(elsewhere)).toBe('unseen')
  expect(() => signalProcess(elsewhere, 'SIGKILL')).not.toThrow()
})
