import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'

/** Node.js that runs the bundle: BUNDLE_NODE, or the one that runs the tests. */
const NODE = process.env['BUNDLE_NODE'] ?? process.execPath

/** Runs a command with the shared bundle, in a separate process. */
function runCommand(command: string, show: 'fail' | 'warning') {
  const script = `require('./dist/index.cjs').runCommand(${command}, (runner, message) => runner.${show}(message))`
  const { PATH } = process.env
  return spawnSync(NODE, ['-e', script], { env: { PATH }, encoding: 'utf8' })
}

const WAITS_FOR_NOTHING = '(runner) => { runner.info("begins"); return new Promise(() => {}) }'

describe('a process whose event loop is empty before its command is done', () => {
  test.each([
    ['fails a step', 'fail', 'error', 1],
    ['warns in a post step', 'warning', 'warning', 0],
  ] as const)('%s', (_what, show, level, exitCode) => {
    const { status, stdout, stderr } = runCommand(WAITS_FOR_NOTHING, show)
    expect(stdout).toMatch(
      new RegExp(
        `^begins\\n::${level} title=Junction Management Key::The action ended early: [^\\n]*\\n(::debug::.*\\n)?$`,
      ),
    )
    expect([status, stderr]).toEqual([exitCode, ''])
  })

  test('nor ends without its own words after an error that nobody handles', () => {
    const late = 'setImmediate(() => { throw Object.assign(new Error("late"), { sent: "fake" }) })'
    const { status, stdout, stderr } = runCommand(`() => new Promise(() => ${late})`, 'fail')
    expect(stdout).toMatch(/^::error title=Junction Management Key::late\n/)
    expect([status, stderr]).toEqual([1, ''])
  })

  test('says nothing when the command is done', () => {
    const { status, stdout } = runCommand('async () => {}', 'fail')
    expect([status, stdout]).toEqual([0, ''])
  })
})
