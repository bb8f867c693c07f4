import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { evaluate, holds } from '../../local-runner/job-context.js'
import { RunnerLog } from '../../local-runner/mask-log.js'
import { runMain, runPost, start } from '../../local-runner/run-action.js'
import type { RunOptions } from '../../local-runner/types.js'

/** The rules of GitHub's runner that the tests of the action rely on, as its real one was seen to keep them. */
describe('the local runner', () => {
  let folder = ''
  const actionYml = (more = '') =>
    `name: Fake\ninputs:\n  known:\n    default: \${{ job.status }}\nruns:\n  using: node24\n  main: main.cjs\n  post: main.cjs\n${more}`
  /** Options of a step that runs the script. */
  const step = (script: string, more: Partial<RunOptions> = {}): RunOptions => {
    writeFileSync(
      join(folder, 'main.cjs'),
      `const fs = require('fs'), { env } = process\n${script}`,
    )
    return { actionDir: folder, ...more }
  }
  const play = (script: string, more?: Partial<RunOptions>) => runMain(step(script, more))

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'runner-rules-'))
    writeFileSync(join(folder, 'action.yml'), actionYml())
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  test('masks a message, then cuts it, in the log too', () => {
    const log = new RunnerLog({ secrets: ['s'] })
    const shown = log.read(`::error::${'a'.repeat(4095)}s${'a'.repeat(9)}`)
    const message = `${'a'.repeat(4095)}*`
    expect([shown, log.step.annotations]).toEqual([
      [`Error: ${message}`],
      [{ level: 'error', message, properties: {} }],
    ])
  })

  test('makes ten annotations of a kind a step, its own and blank ones counted', async () => {
    const says = `for (let i = 1; i < 12; i++) console.log('::warning::' + i)\nconsole.log('::notice:: ')`
    const { annotations, shown } = await play(says, { inputs: { unknown: '' } })
    expect(shown).toHaveLength(13)
    expect(annotations.map(({ message }) => message)).toEqual([
      'The action has no input unknown.',
      ...['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    ])
  })

  test.each(['::set-env name=a::b', '::set-output name=::b', '::echo::maybe', '::add-path::/a'])(
    'fails a step with two errors for %s',
    async (line) => {
      const run = await play(`console.log('${line}')\nconsole.log('after')`)
      expect([run.outcome, run.annotations.length, run.shown.at(-1)]).toEqual([
        'failure',
        2,
        'after',
      ])
    },
  )

  test('reads what a file has before its bad line, and the other files', async () => {
    const run = await play(
      `fs.writeFileSync(env.GITHUB_STATE, 'a=1\\nA<<E\\n2\\nE\\nbad\\nc=3\\n')
       fs.writeFileSync(env.GITHUB_ENV, 'node_options=x\\nB=1\\n')
       fs.writeFileSync(env.GITHUB_OUTPUT, '=x\\n')
       fs.writeFileSync(env.GITHUB_PATH, '/a\\n/b\\n/a\\n')`,
    )
    expect(run).toMatchObject({ outcome: 'failure', exitCode: 0, outputs: {}, state: { a: '2' } })
    expect([run.env, run.path, run.annotations.length]).toEqual([{ B: '1' }, ['/a', '/b'], 5])
    expect(run.annotations[2]?.message).toContain('bad')
  })

  test.each([
    ['uploads a masked summary with a last line end', "'x\\r\\nsecret'", 'x\n***\n', 0],
    ['refuses a summary of more than 1 MiB', "'a'.repeat(2 ** 20) + 'b'", '', 1],
    ['loses a summary that its last line end makes too long', "'a'.repeat(2 ** 20)", '', 0],
  ])('%s', async (_what, text, summary, errors) => {
    const run = await play(`fs.writeFileSync(env.GITHUB_STEP_SUMMARY, ${text})`, {
      secrets: ['secret'],
    })
    expect([run.outcome, run.summary, run.annotations.length]).toEqual(['success', summary, errors])
  })

  test('masks whole values and their lines, however short, and drops such job outputs', () => {
    const log = new RunnerLog()
    const shown = ['::add-mask:: q %0Along line', 'aqb', '[ q ]', '::add-mask:: ', 'long line']
    expect(shown.map((line) => log.read(line))).toEqual([
      ...[[], ['a***b'], ['[ *** ]'], [expect.stringMatching(/^Warning: ./)], ['***']],
    ])
    expect(log.toJobOutputs({ a: 'quiet', b: 'b', c: '' })).toEqual({ b: 'b' })
  })

  test('reads no more of a step that stops commands without a token', async () => {
    const run = await play("console.log('::stop-commands::error')\nconsole.log('::error::lost')")
    expect([run.outcome, run.shown.length, run.shown.join()]).toEqual([
      'failure',
      1,
      expect.not.stringContaining('lost'),
    ])
  })

  test.each(['::add-matcher::m.json', '::error col=3::m', '::error line=3,endLine=2::m'])(
    'refuses to guess what the runner makes of %s',
    async (line) => {
      await expect(play(`console.log('${line}')`)).rejects.toThrow('does not play')
    },
  )

  test('evaluates contexts and texts, and nothing else', () => {
    const contexts = { secrets: { KEY: 'k' }, steps: { a: { outputs: { b: 'c' } } } }
    const text = `\${{ secrets.key }} \${{steps.a.outputs.B}}\${{ secrets.none }} \${{ 'it''s }}' }}`
    expect(evaluate(text, contexts)).toBe("k c it's }}")
    const choices = ["secrets.none || 'd'", "secrets.key || 'd'", "secrets.key == 'K'", '1 == true']
    const both = ["secrets.key && 'd'", "secrets.none && 'd' || 'e'", "secrets.key != 'x'"]
    expect(choices.map((one) => evaluate(`\${{ ${one} }}`, contexts))).toEqual([
      ...['d', 'k', 'true', 'false'],
    ])
    expect(both.map((one) => evaluate(`\${{ ${one} }}`, contexts))).toEqual(['d', 'e', 'true'])
    for (const other of ["format('a')", 'vars.A', '!secrets.A', 'steps.a']) {
      expect(() => evaluate(`\${{ ${other} }}`, contexts)).toThrow(other)
    }
    expect(['success', 'failure', 'cancelled'].map((s) => holds('!cancelled()', s))).toEqual([
      true,
      true,
      false,
    ])
    expect(() => holds('true', 'success')).toThrow('cannot evaluate')
  })

  describe('with a step that waits', () => {
    const WAITS = `process.on('SIGINT', () => {
        fs.appendFileSync(env.GITHUB_STATE, 'a=told\\n')
        if (env.HANGS !== 'yes') clearInterval(limit)
      })
      fs.appendFileSync(env.GITHUB_STATE, 'a=before\\nstatus=' + env.INPUT_KNOWN + '\\n')
      const limit = setInterval(() => {
        if (!fs.existsSync(env.LET_GO)) return
        fs.writeFileSync(env.LET_GO, 'lived on')
        clearInterval(limit)
      }, 10)
      console.log('ready')`
    let letGo = ''
    beforeEach(() => {
      letGo = join(mkdtempSync(join(folder, 'wait-')), 'let-go')
    })
    /** Starts the step and resolves when it is ready. It ends once the file `letGo` exists. */
    const begin = async (
      stage: 'main' | 'post',
      log: RunnerLog,
      more: Partial<RunOptions> = {},
    ) => {
      let run: ReturnType<typeof start> | undefined
      await new Promise<void>((ready) => {
        const env = { LET_GO: letGo, ...more.env }
        run = start(stage, { ...step(WAITS), log, onLine: () => ready(), ...more, env })
      })
      if (run === undefined) throw new Error('never started')
      return run
    }

    test('signals it, and reads what it then says', async () => {
      const log = new RunnerLog()
      const run = await begin('main', log)
      run.cancel()
      const main = await run.finished
      expect(main).toMatchObject({ outcome: 'cancelled', exitCode: 0, state: { a: 'told' } })
      expect(main.annotations).toHaveLength(1)
      const post = await runPost({ ...step(''), log, state: main.state })
      expect(post).toMatchObject({ outcome: 'success', state: { a: 'told' } })
      const other = await begin('post', log)
      other.cancel({ shutdown: true })
      expect((await other.finished).state).toMatchObject({ status: 'cancelled' })
    })

    test('kills it when it hangs', async () => {
      const run = await begin('main', new RunnerLog(), { env: { HANGS: 'yes' } })
      run.cancel({ interruptMs: 50, terminateMs: 60_000 })
      expect(await run.finished).toMatchObject({ outcome: 'cancelled', signal: 'SIGTERM' })
    })

    test('does not signal what a cancelled job runs all the same', async () => {
      const run = await begin('main', new RunnerLog(), { if: 'always()' })
      run.cancel()
      writeFileSync(letGo, '')
      expect(await run.finished).toMatchObject({ outcome: 'success', state: { a: 'before' } })
    })

    test('of a container reads its files at once, while it goes on beside post', async () => {
      const log = new RunnerLog()
      const run = await begin('main', log)
      run.cancel({ unreachable: true })
      const main = await run.finished
      expect(main).toMatchObject({ outcome: 'cancelled', exitCode: null, state: { a: 'before' } })
      expect((await runPost({ ...step(''), log })).outcome).toBe('success')
      expect(run.child?.exitCode).toBeNull()
      writeFileSync(letGo, '')
      await run.gone
      expect(readFileSync(letGo, 'utf8')).toBe('lived on')
    })

    test('of a runner that is shut down signals it, and starts nothing more', async () => {
      const log = new RunnerLog()
      const run = await begin('main', log)
      run.cancel({ shutdown: true })
      const { outcome, state } = await run.finished
      expect([outcome, state['a'], log.jobStatus]).toEqual(['cancelled', 'told', 'failure'])
      expect(await runPost({ ...step(''), log })).toMatchObject({ outcome: 'skipped', shown: [] })
    })
  })

  test('runs post when its condition holds for the job', async () => {
    writeFileSync(join(folder, 'action.yml'), actionYml('  post-if: success()\n'))
    const forgiven = new RunnerLog()
    const main = await play('process.exitCode = 1', { log: forgiven, continueOnError: true })
    expect([main.outcome, main.conclusion]).toEqual(['failure', 'success'])
    expect((await runPost({ ...step(''), log: forgiven })).outcome).toBe('success')
    const failed = new RunnerLog()
    await play('process.exitCode = 1', { log: failed })
    expect((await runPost({ ...step(''), log: failed })).outcome).toBe('skipped')
  })
})
