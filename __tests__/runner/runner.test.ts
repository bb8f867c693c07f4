import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { EOL, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Runner } from '../../src/runner/runner.js'
import { createRunner } from '../../src/runner/runner.js'

const SECRET = 'mg_fake_org_key_0000'
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

let folder = ''
let summary = ''
let printed = ''
let runner: Runner
let before: NodeJS.ProcessEnv = {}
/** What happens at each of `SIGNALS`. */
let signals: readonly (() => void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'actions-runner-'))
  summary = join(folder, 'summary')
  writeFileSync(summary, '')
  before = { ...process.env }
  Object.assign(process.env, { GITHUB_STEP_SUMMARY: summary, RUNNER_TEMP: folder })
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    // The toolkit ends lines as the machine does.
    printed += String(text).replaceAll(EOL, '\n')
    return true
  })
  const listeners = SIGNALS.map((signal) => process.listeners(signal))
  runner = createRunner()
  // Ctrl-C must still stop the tests.
  signals = SIGNALS.flatMap((signal, index) =>
    process
      .listeners(signal)
      .filter((listener) => !listeners[index]?.includes(listener))
      .map((listener) => {
        process.off(signal, listener)
        return () => listener(signal)
      }),
  )
  runner.mask(SECRET)
  printed = ''
})

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
  for (const name of Object.keys(process.env)) {
    if (!(name in before)) delete process.env[name]
  }
  Object.assign(process.env, before)
  process.exitCode = undefined
  rmSync(folder, { recursive: true })
})

test.each<[string, (text: string) => void, string]>([
  ['debug', (text) => runner.debug(text), '::debug::'],
  ['info', (text) => runner.info(text), ''],
  ['notice', (text) => runner.notice(text), '::notice title=Junction Management Key::'],
  ['warning', (text) => runner.warning(text), '::warning title=Junction Management Key::'],
  ['fail', (text) => runner.fail(text), '::error title=Junction Management Key::'],
])('%s shows no secret, and no text becomes a command', (name, show, command) => {
  show(`::add-mask::${SECRET} ##[error]`)
  expect(printed).toBe(`${command}\u200b::add-mask::*** ## [error]\n`)
  expect(process.exitCode).toBe(name === 'fail' ? 1 : undefined)
})

test('folds lines under a title, also when the work fails', async () => {
  const failing = runner.group(`fake ${SECRET}`, 6, async () => {
    runner.info('one line')
    throw new Error('fake')
  })
  await expect(failing).rejects.toThrow('fake')
  expect(printed).toBe('::group::fake ***\none line\n::endgroup::\n')
})

test('keeps secrets out of the summary', () => {
  runner.appendSummary(`a ${SECRET} z\n`)
  runner.appendSummary('more\n')
  expect(readFileSync(summary, 'utf8')).toBe('a *** z\nmore\n')
  expect(printed).toBe('')
})

test('has no notes without a folder', () => {
  delete process.env['RUNNER_TEMP']
  expect([runner.addNote('fake'), runner.readNotes()]).toEqual([undefined, []])
})

test.each(SIGNALS.map((signal, index) => [signal, index] as const))(
  'after %s, gives an open request less than the 7.5 s after which the runner sends the next signal',
  (_signal, index) => {
    jest.useFakeTimers()
    void runner.uninterrupted(() => new Promise(() => undefined))
    signals[index]?.()
    expect(runner.cancellation.aborted).toBe(true)
    jest.advanceTimersByTime(3_000)
    expect(runner.lastCall.aborted).toBe(false)
    jest.advanceTimersByTime(4_400)
    expect(runner.lastCall.aborted).toBe(true)
  },
)
