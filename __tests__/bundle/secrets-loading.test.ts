import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectFailure, outcomeOf, SUCCESS } from '../support/messages.js'
import { withAction } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'

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

  test.concurrent('is not loaded by a step without secrets, nor by its post step', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main(NO_SECRETS, { actionDir })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      const cleaned = await post(result, { ...NO_SECRETS, revoke: 'always' }, { actionDir })
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.keys()).toHaveLength(1)
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('is not loaded by a post step that has no secret to delete', () =>
    withAction('. with secrets', async ({ main, post }) => {
      const result = await main()
      expect(outcomeOf(result)).toEqual(SUCCESS)
      const cleaned = await post(result, {}, { actionDir })
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
    }))

  test.concurrent('is required by a step with secrets, before it creates a key', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const result = await main({}, { actionDir })
      expectFailure(result, 'github.cjs')
      expect(sandbox.requests).toEqual([])
      expect(listSecrets(sandbox)).toEqual([])
    }))
})
