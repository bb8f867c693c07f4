import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectFailure } from '../support/messages.js'
import { testAction } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'

const testCreate = testAction('.')
const testSecrets = testAction('. with secrets')

testCreate('no step without secrets loads slow modules', async ({ succeed, clean }) => {
  const options = { nodeArgs: ['--require', resolve('__tests__/support/list-built-ins.cjs')] }
  const created = await succeed({}, options)
  expect(created.stderr).toBe('')
  expect((await clean(created, { revoke: 'always' }, options)).stderr).toBe('')
})

/** Gives tests a copy of the built actions with changed parts. */
function copyActions(change: (dist: string) => void): { path: string } {
  const copy = { path: '' }
  beforeAll(() => {
    copy.path = mkdtempSync(join(tmpdir(), 'dist-parts-'))
    for (const path of ['action.yml', 'revoke', 'prune', 'dist']) {
      cpSync(path, join(copy.path, path), { recursive: true })
    }
    change(join(copy.path, 'dist'))
  })
  afterAll(() => rmSync(copy.path, { recursive: true }))
  return copy
}

describe('the part that calls GitHub', () => {
  const without = copyActions((dist) => rmSync(join(dist, 'github.cjs')))
  const none = { secret_name: '', github_token: '' }

  test('alone contains octokit and libsodium', () => {
    const libraries = ['octokit', 'crypto_box_seal']
    const listFound = (file: string) => {
      const code = readFileSync(join('dist', file), 'utf8')
      return libraries.filter((library) => code.includes(library))
    }
    expect(listFound('github.cjs')).toEqual(libraries)
    expect(listFound('index.cjs')).toEqual([])
  })

  testSecrets('is not loaded where no secret changes', async ({ succeed, clean, sandbox }) => {
    const actionDir = without.path
    const result = await succeed(none, { actionDir })
    await clean(result, { ...none, revoke: 'always' }, { actionDir })
    expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    await clean(await succeed(), {}, { actionDir })
  })

  testSecrets('is needed by a step with secrets', async ({ main, sandbox }) => {
    expectFailure(await main({}, { actionDir: without.path }), 'github.cjs')
    expect(sandbox.requests).toEqual([])
    expect(listSecrets(sandbox)).toEqual([])
  })
})

describe('the stand-ins for parts of the toolkit', () => {
  /** Replaces them, and reports what they lack. */
  const WATCHED = `
const real = require('./real-stand-ins.cjs')
/** What a bundler reads from any module. */
const usual = ['__esModule', 'default', 'then']
module.exports = new Proxy(real, {
  get(target, name) {
    if (typeof name === 'string' && !(name in target) && !usual.includes(name)) {
      process.stderr.write('stand-ins.cjs lacks ' + name + '\\n')
    }
    return target[name]
  },
})
`
  const watched = copyActions((dist) => {
    renameSync(join(dist, 'stand-ins.cjs'), join(dist, 'real-stand-ins.cjs'))
    writeFileSync(join(dist, 'stand-ins.cjs'), WATCHED)
  })

  testSecrets('lack nothing that create and post ask for', async ({ succeed, clean, sandbox }) => {
    const actionDir = watched.path
    const created = await succeed({}, { actionDir, debug: true })
    const cleaned = await clean(created, { revoke: 'always' }, { actionDir })
    expect([created.stderr, cleaned.stderr, sandbox.activeKeys()]).toEqual(['', '', []])
  })

  testAction('revoke with secrets')('lack nothing that revoke asks for', async (scenario) => {
    scenario.addKey()
    const revoked = await scenario.succeed({}, { actionDir: join(watched.path, 'revoke') })
    expect(revoked.stderr).toBe('')
  })

  testAction('prune')('lack nothing that prune asks for', async ({ succeed, sandbox }) => {
    const inputs = { closed_pull_requests: 'true', github_token: sandbox.githubToken }
    const actionDir = join(watched.path, 'prune')
    const pruned = await succeed({ label_pattern: 'preview-{pr}', ...inputs }, { actionDir })
    expect(pruned.stderr).toBe('')
  })
})

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
