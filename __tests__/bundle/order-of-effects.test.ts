import { describe, expect, test } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import { countRequests } from '../support/requests.js'
import { withAction } from '../support/scenario.js'
import { withStepFiles } from '../support/step-files.js'
import { waitUntil } from '../support/wait-until.js'

describe('the order of effects', () => {
  test.concurrent('the Org Management Key is masked by the first line of main and of post', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const mask = `::add-mask::${sandbox.orgKey}`
      const created = await main({}, { debug: true })
      const cleaned = await post(created, { revoke: 'always' }, { debug: true })
      expect(created.lines[0]).toBe(mask)
      expect(cleaned.lines[0]).toBe(mask)
    }))

  test.concurrent('the new key is masked by the first line that contains any of it', () =>
    withAction('.', async ({ main, sandbox }) => {
      const { lines } = await main({ env_name: 'JUNCTION_KEY' }, { debug: true })
      const [made] = sandbox.activeKeys()
      const { id = '', key = '' } = made ?? {}
      const mentions = lines.filter((line) => line.includes(key) || line.includes(id))
      expect(mentions[0]).toBe(`::add-mask::${key}`)
      expect(mentions.length).toBeGreaterThan(1)
    }))

  test.concurrent('then without its last one and its last two characters', () =>
    withAction('.', async ({ main, sandbox }) => {
      const { masks } = await main()
      const key = sandbox.activeKeys()[0]?.key ?? ''
      expect(masks.slice(-3)).toEqual([key, key.slice(0, -1), key.slice(0, -2)])
    }))

  test.concurrent('the intent is in the state when the create arrives, and no id yet', () =>
    withAction('.', ({ sandbox, describeRun }) =>
      withStepFiles(async (files) => {
        sandbox.misbehave({ kind: 'delay', method: 'POST', delayMs: 400 })
        const run = start('main', describeRun({}, { overrides: files.overrides }))
        await waitUntil('the create arrives', () => countRequests(sandbox, 'POST') > 0)
        expect(files.readPhases()).toEqual(['none', 'intent'])
        expect(files.readState()['transaction']).not.toContain('keyId')
        await run.finished
      }),
    ))

  test.concurrent('the states follow one another, and none ever contains a key', () =>
    withAction('.', ({ sandbox, main }) =>
      withStepFiles(async (files) => {
        await main({}, { overrides: files.overrides })
        expect(files.readPhases()).toEqual(['none', 'intent', 'created', 'delivered'])
        const [, , created, delivered] = files.readStates().map(([, value]) => value)
        expect(created).toContain(sandbox.activeKeys()[0]?.id)
        expect(delivered).toContain(sandbox.activeKeys()[0]?.id)
        expect(JSON.stringify(files.readStates())).not.toContain('mg_')
      }),
    ))

  test.concurrent('the id is saved before the outputs, and the delivery only after them', () =>
    withAction('.', ({ sandbox, describeRun }) =>
      withStepFiles(async (files) => {
        sandbox.misbehave({ kind: 'delay', method: 'POST', delayMs: 400 })
        const run = start('main', describeRun({}, { overrides: files.overrides }))
        await waitUntil('the create arrives', () => countRequests(sandbox, 'POST') > 0)
        files.spoil('GITHUB_OUTPUT')
        await run.finished
        expect(files.readPhases()).toEqual(['none', 'intent', 'created', 'done'])
      }),
    ))

  test.concurrent('previous keys are revoked only after the delivery is saved', () =>
    withAction('.', ({ sandbox, describeRun, addKey }) =>
      withStepFiles(async (files) => {
        addKey()
        sandbox.misbehave({ kind: 'delay', method: 'DELETE', delayMs: 400 })
        const run = start(
          'main',
          describeRun({ if_exists: 'replace' }, { overrides: files.overrides }),
        )
        await waitUntil('the revocation arrives', () => countRequests(sandbox, 'DELETE') > 0)
        expect(files.readOutputs()['key']).toBe(sandbox.keys().at(-1)?.key)
        expect(files.readPhases()).toEqual([
          ...['none', 'intent', 'created', 'delivered', 'delivered'],
        ])
        await run.finished
      }),
    ))
})
