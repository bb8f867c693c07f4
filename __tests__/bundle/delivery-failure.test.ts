import { describe, expect } from '@jest/globals'
import { passOn, withGateway } from '../support/gateway.js'
import { expectMessage, messagesOf } from '../support/messages.js'
import { listMethods } from '../support/requests.js'
import { testAction, testExtended } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'
import { mainDuring, withStepFiles } from '../support/step-files.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'

const test = testExtended('.', withStepFiles)

describe('a key that cannot be delivered', () => {
  test.each(['GITHUB_OUTPUT', 'GITHUB_STATE'])(
    'because %s can no longer be written is revoked at once, and no previous key',
    async (scenario, file) => {
      const { sandbox, addKey, spoil } = scenario
      const old = addKey()
      const inputs = { if_exists: 'replace' }
      const run = await mainDuring(scenario, 'POST', () => spoil(file), inputs)
      expect(run.exitCode).toBe(1)
      expect(messagesOf(run, 'error')).toHaveLength(1)
      expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'DELETE'])
      expect(sandbox.keys()).toHaveLength(2)
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([old])
    },
  )

  testAction('. with secrets')('and not saved takes back its secret as well', (scenario) =>
    withStepFiles(scenario, async ({ sandbox, main, clean, spoil, overrides }) => {
      const respond: typeof passOn = (answer, response) => {
        if (answer.statusCode === 201) spoil('GITHUB_STATE')
        passOn(answer, response)
      }
      await withGateway(sandbox, respond, async (url) => {
        const github_api_url = `${new URL(url).origin}${new URL(sandbox.githubUrl).pathname}`
        const run = await main({ github_api_url }, { overrides })
        expect(messagesOf(run, 'error')).toHaveLength(1)
        expectMessage(run, 'warning', 'The post step will not know what became of the key')
        expect([listSecrets(sandbox), sandbox.activeKeys()]).toEqual([[], []])
        await clean(run, { github_api_url }, { overrides })
      })
    }),
  )

  test.each(['GITHUB_OUTPUT', 'GITHUB_STATE'] as const)(
    'for want of %s, and not revoked either, is named, and revoked by the post step',
    async (scenario, file) => {
      const { sandbox, clean, spoil, readState, overrides } = scenario
      sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE' })
      const run = await mainDuring(scenario, 'POST', () => spoil(file))
      expect(run.exitCode).toBe(1)
      expect(sandbox.activeKeys()).toHaveLength(1)
      expect(findUnreportedKeys(sandbox, [run])).toEqual([])

      const state = file === 'GITHUB_STATE' ? {} : readState()
      await clean({ state }, {}, { overrides: { RUNNER_TEMP: overrides.RUNNER_TEMP } })
      expect(sandbox.activeKeys()).toEqual([])
    },
  )
})

test('reports a replacement that can no longer be saved: the key is delivered', async (scenario) => {
  const { sandbox, addKey, spoil, readOutputs } = scenario
  const old = addKey()
  const inputs = { if_exists: 'replace' }
  const run = await mainDuring(scenario, 'DELETE', () => spoil('GITHUB_STATE'), inputs)
  expect(run.exitCode).toBe(0)
  expectMessage(run, 'warning', 'The post step will not know which previous keys were revoked')
  expect(readOutputs()['replaced_key_ids']).toBe(JSON.stringify([old]))
  expect(sandbox.activeKeys()).toHaveLength(1)
})
