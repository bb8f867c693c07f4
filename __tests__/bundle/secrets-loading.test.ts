import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectFailure } from '../support/messages.js'
import { testAction } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'

const testSecrets = testAction('. with secrets')

/** The built action, without the part that calls GitHub. */
let actionDir = ''

beforeAll(() => {
  actionDir = mkdtempSync(join(tmpdir(), 'without-github-'))
  cpSync('action.yml', join(actionDir, 'action.yml'))
  cpSync('dist', join(actionDir, 'dist'), { recursive: true })
  rmSync(join(actionDir, 'dist', 'github.cjs'))
})

afterAll(() => rmSync(actionDir, { recursive: true }))

const NO_SECRETS = { secret_name: '', github_token: '' }

describe('the part that calls GitHub', () => {
  test.concurrent('alone contains octokit and libsodium', async () => {
    const libraries = ['octokit', 'crypto_box_seal']
    const listFound = (file: string) => {
      const code = readFileSync(join('dist', file), 'utf8')
      return libraries.filter((library) => code.includes(library))
    }
    expect(listFound('github.cjs')).toEqual(libraries)
    expect(listFound('index.cjs')).toEqual([])
  })

  testSecrets('is not loaded by a step without secrets, nor by its post step', async (scenario) => {
    const { succeed, clean, sandbox } = scenario
    const result = await succeed(NO_SECRETS, { actionDir })
    await clean(result, { ...NO_SECRETS, revoke: 'always' }, { actionDir })
    expect(sandbox.keys()).toHaveLength(1)
    expect(sandbox.activeKeys()).toEqual([])
  })

  testSecrets('is not loaded by a post step that has no secret to delete', async (scenario) => {
    const { succeed, clean } = scenario
    const result = await succeed()
    await clean(result, {}, { actionDir })
  })

  testSecrets('is required by a step with secrets, before it creates a key', async (scenario) => {
    const { main, sandbox } = scenario
    const result = await main({}, { actionDir })
    expectFailure(result, 'github.cjs')
    expect(sandbox.requests).toEqual([])
    expect(listSecrets(sandbox)).toEqual([])
  })
})
