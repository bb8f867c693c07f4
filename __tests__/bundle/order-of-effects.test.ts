import { describe, expect } from '@jest/globals'
import { testAction, testExtended } from '../support/scenario.js'
import { mainDuring, withStepFiles } from '../support/step-files.js'

const test = testAction('.')

describe('the order of effects', () => {
  test('the Org Management Key is masked first in main and post', async (scenario) => {
    const { main, post, sandbox } = scenario
    const mask = `::add-mask::${sandbox.orgKey}`
    const created = await main({}, { debug: true })
    const cleaned = await post(created, { revoke: 'always' }, { debug: true })
    expect([created.lines[0], cleaned.lines[0]]).toEqual([mask, mask])
  })

  test('the new key is masked by the first line that has any of it', async ({ main, sandbox }) => {
    const { lines, masks } = await main({ env_name: 'JUNCTION_KEY' }, { debug: true })
    const [made] = sandbox.activeKeys()
    const { id = '', key = '' } = made ?? {}
    const mentions = lines.filter((line) => line.includes(key) || line.includes(id))
    expect(mentions[0]).toBe(`::add-mask::${key}`)
    expect(mentions.length).toBeGreaterThan(1)
    // Also without its last one and its last two characters.
    expect(masks.slice(-3)).toEqual([key, key.slice(0, -1), key.slice(0, -2)])
  })
})

describe('what is in the files of a step', () => {
  const testFiles = testExtended('.', withStepFiles)

  testFiles('the states follow one another, and none ever contains a key', async (scenario) => {
    const { main, sandbox, overrides, readPhases, readStates } = scenario
    await main({}, { overrides })
    expect(readPhases()).toEqual(['none', 'intent', 'created', 'delivered'])
    const [, , created, delivered] = readStates()
    for (const state of [created, delivered]) expect(state).toContain(sandbox.activeKeys()[0]?.id)
    expect(JSON.stringify(readStates())).not.toContain('mg_')
  })

  testFiles('when the create arrives: the intent, and no ID yet', async (scenario) => {
    await mainDuring(scenario, 'POST', () => {
      expect(scenario.readPhases()).toEqual(['none', 'intent'])
      expect(scenario.readState()['transaction']).not.toContain('keyId')
    })
  })

  testFiles('when outputs cannot be set: the ID, and no delivery', async (scenario) => {
    await mainDuring(scenario, 'POST', () => scenario.spoil('GITHUB_OUTPUT'))
    expect(scenario.readPhases()).toEqual(['none', 'intent', 'created', 'done'])
  })

  testFiles('when the revocation of a previous key arrives: the delivery', async (scenario) => {
    const { sandbox, addKey, readOutputs, readPhases } = scenario
    addKey()
    const look = () => {
      expect(readOutputs()['key']).toBe(sandbox.keys().at(-1)?.key)
      expect(readPhases().slice(1)).toEqual(['intent', 'created', 'delivered'])
    }
    await mainDuring(scenario, 'DELETE', look, { if_exists: 'replace' })
  })
})
