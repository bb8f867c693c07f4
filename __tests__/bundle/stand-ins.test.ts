import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { outcomeOf, SUCCESS } from '../support/messages.js'
import { withAction } from '../support/scenario.js'

/** Replaces the stand-ins, and reports what they lack. */
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

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stand-ins-'))
  for (const path of ['action.yml', 'revoke', 'prune', 'dist']) {
    cpSync(path, join(folder, path), { recursive: true })
  }
  const standIns = join(folder, 'dist', 'stand-ins.cjs')
  renameSync(standIns, join(folder, 'dist', 'real-stand-ins.cjs'))
  writeFileSync(standIns, WATCHED)
})

afterAll(() => rmSync(folder, { recursive: true }))

test('the toolkit asks its stand-ins for nothing that they lack', async () => {
  await withAction('. with secrets', async ({ main, post, sandbox }) => {
    const created = await main({}, { actionDir: folder, debug: true })
    expect([outcomeOf(created), created.stderr]).toEqual([SUCCESS, ''])
    const cleaned = await post(created, { revoke: 'always' }, { actionDir: folder })
    expect([cleaned.annotations, cleaned.stderr]).toEqual([[], ''])
    expect(sandbox.activeKeys()).toEqual([])
  })
  await withAction('revoke', async ({ main, sandbox, addKey }) => {
    const actionDir = join(folder, 'revoke')
    const secret = { secret_name: 'JUNCTION_KEY', github_token: sandbox.githubToken }
    const revoked = await main({ key_id: addKey(), ...secret }, { actionDir })
    expect([outcomeOf(revoked), revoked.stderr]).toEqual([SUCCESS, ''])
  })
  await withAction('prune', async ({ main, sandbox }) => {
    const actionDir = join(folder, 'prune')
    const inputs = { closed_pull_requests: 'true', github_token: sandbox.githubToken }
    const pruned = await main({ label_pattern: 'preview-{pr}', ...inputs }, { actionDir })
    expect([outcomeOf(pruned), pruned.stderr]).toEqual([SUCCESS, ''])
  })
})
