import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { EOL, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { ActionError } from '../../src/core/errors.js'
import { createActionsRunner } from '../../src/runner/actions-runner.js'
import type { Runner } from '../../src/runner/runner.js'

const SECRET = 'mg_fake_org_key_0000'
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const FILES = ['OUTPUT', 'STATE', 'ENV', 'STEP_SUMMARY'] as const

/** The toolkit ends lines as the machine does. */
function toLines(text: string): string {
  return text.replaceAll(EOL, '\n')
}

describe('the runner on GitHub’s toolkit', () => {
  let folder = ''
  let printed = ''
  let runner: Runner
  let before: NodeJS.ProcessEnv = {}
  /** What happens at each of `SIGNALS`. */
  let signals: readonly (() => void)[] = []

  const pathOf = (file: string) => join(folder, file)
  const read = (file: (typeof FILES)[number]) => toLines(readFileSync(pathOf(file), 'utf8'))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'actions-runner-'))
    before = { ...process.env }
    for (const file of FILES) {
      writeFileSync(pathOf(file), '')
      process.env[`GITHUB_${file}`] = pathOf(file)
    }
    process.env['RUNNER_TEMP'] = folder
    process.env['GITHUB_RUN_ID'] = '7263548190'
    printed = ''
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += toLines(String(text))
      return true
    })
    const listeners = SIGNALS.map((signal) => process.listeners(signal))
    runner = createActionsRunner()
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

  test('gives inputs untrimmed, and nothing for those not set', () => {
    process.env['INPUT_LABEL'] = '  fake label \n'
    expect(runner.readInput('label')).toBe('  fake label \n')
    expect(runner.readInput('not_set')).toBe('')
  })

  test('gives the state of the main step', () => {
    process.env['STATE_transaction'] = '{"fake":true}'
    expect(runner.readState('transaction')).toBe('{"fake":true}')
    expect(runner.readState('not_set')).toBe('')
  })

  test('knows the run', () => {
    expect(runner.context.runId).toBe('7263548190')
    expect(runner.cancellation.aborted).toBe(false)
  })

  test('masks every line of a secret by itself', () => {
    runner.mask(`${SECRET}\nfake-second-line`)
    expect(printed).toBe(`::add-mask::${SECRET}\n::add-mask::fake-second-line\n`)
  })

  test.each<[string, (text: string) => void, string]>([
    ['debug', (text) => runner.debug(text), '::debug::'],
    ['info', (text) => runner.info(text), ''],
    ['notice', (text) => runner.notice(text), '::notice title=Junction Management Key::'],
    ['warning', (text) => runner.warning(text), '::warning title=Junction Management Key::'],
    ['fail', (text) => runner.fail(text), '::error title=Junction Management Key::'],
  ])('%s shows no secret, and no text becomes a command', (_name, show, command) => {
    runner.mask(SECRET)
    printed = ''
    show(`::add-mask::${SECRET} ##[error]`)
    expect(printed).toBe(`${command}\u200b::add-mask::*** ## [error]\n`)
  })

  test('folds lines under a title, also when the work fails', async () => {
    runner.mask(SECRET)
    printed = ''
    const failing = runner.group(`fake ${SECRET}`, async () => {
      runner.info('one line')
      throw new Error('fake')
    })
    await expect(failing).rejects.toThrow('fake')
    expect(printed).toBe('::group::fake ***\none line\n::endgroup::\n')
  })

  test('fail fails the step, warning does not', () => {
    runner.warning('fake')
    expect(process.exitCode).toBeUndefined()
    runner.fail('fake')
    expect(process.exitCode).toBe(1)
  })

  test('writes outputs and variables as they are, and nothing of them to the log', () => {
    runner.mask(SECRET)
    printed = ''
    runner.setOutput('key', SECRET)
    runner.exportVariable('FAKE_KEY', SECRET)
    expect(read('OUTPUT')).toMatch(new RegExp(`^key<<(\\S+)\n${SECRET}\n\\1\n$`))
    expect(read('ENV')).toMatch(new RegExp(`^FAKE_KEY<<(\\S+)\n${SECRET}\n\\1\n$`))
    expect(printed).toBe('')
  })

  test('keeps secrets out of the summary, and the state as it is', () => {
    runner.mask(SECRET)
    printed = ''
    // Saved text contains no secret, and is not scrubbed.
    runner.mask('created')
    runner.saveState('transaction', '{"phase":"created"}')
    printed = ''
    runner.appendSummary(`a ${SECRET} z\n`)
    runner.appendSummary('more\n')
    expect(read('STATE')).toMatch(/^transaction<<(\S+)\n\{"phase":"created"\}\n\1\n$/)
    expect(read('STEP_SUMMARY')).toBe('a *** z\nmore\n')
    expect(printed).toBe('')
    expect(runner.scrub(SECRET)).toBe('***')
  })

  test.each(['', '/fake/folder/that/is/not/there/file'])(
    'does not mind a summary that cannot be written: %j',
    (path) => {
      process.env['GITHUB_STEP_SUMMARY'] = path
      runner.appendSummary('fake\n')
      expect(printed).toMatch(/^::debug::Could not write the job summary: .*\n$/)
    },
  )

  test('leaves notes for the other processes of the job', () => {
    expect(runner.readNotes()).toEqual([])
    expect(runner.addNote('fake first')).toBe(1)
    runner.replaceNote(1, 'fake last')
    expect(runner.readNotes()).toEqual([{ number: 1, text: 'fake last' }])
    delete process.env['RUNNER_TEMP']
    expect([runner.addNote('fake'), runner.readNotes()]).toEqual([undefined, []])
    expect(printed).toBe('')
  })

  describe('checkFiles', () => {
    test('accepts writable files', () => {
      expect(() => runner.checkFiles(['OUTPUT', 'STATE', 'ENV'])).not.toThrow()
      expect(FILES.map(read)).toEqual(['', '', '', ''])
    })

    test.each<[string, () => string | undefined]>([
      ['no variable', () => undefined],
      ['an empty variable', () => ''],
      ['no file', () => pathOf('gone')],
      ['a folder', () => folder],
    ])('throws when there is %s', (_what, path) => {
      const value = path()
      if (value === undefined) delete process.env['GITHUB_ENV']
      else process.env['GITHUB_ENV'] = value
      expect(() => runner.checkFiles(['OUTPUT', 'STATE'])).not.toThrow()
      expect(() => runner.checkFiles(['OUTPUT', 'ENV'])).toThrow(ActionError)
      expect(() => runner.checkFiles(['ENV'])).toThrow(/GITHUB_ENV.*Nothing was created/)
    })
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

  test('returns the result of uninterrupted work, or its error', async () => {
    await expect(runner.uninterrupted(async () => 'fake')).resolves.toBe('fake')
    await expect(
      runner.uninterrupted(() => Promise.reject(new ActionError('fake reason'))),
    ).rejects.toThrow('fake reason')
  })
})
