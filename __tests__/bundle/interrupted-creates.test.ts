import { expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { expectMessage } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { describeSignals, LABEL, RUN_ID, type Scenario, testAction } from '../support/scenario.js'
import { waitUntil } from '../support/wait-until.js'

const test = testAction('.')

const OWN_LABEL = `preview-${RUN_ID}`

// `npm run explore` kills the step after each of its effects; here stands what post says then, and what takes
// longer than a case of the explorer.
describeSignals('after a main step that was killed while its create was in flight, post', () => {
  test(
    'revokes a key that is created only after its first look',
    async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'hold', method: 'POST' })
      const killed = await scenario.mainKilledWhen(() => countRequests(sandbox, 'POST') > 0, {
        label: OWN_LABEL,
      })
      const seen = sandbox.requests.length
      const cleaning = cleanUp(scenario, killed, OWN_LABEL)
      await waitUntil('the first look', () => sandbox.requests[seen]?.status === 200)
      scenario.addKey(OWN_LABEL)
      await cleaning
      expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    },
    { hasRealPauses: true },
  )

  test('names the key when the label is fixed, and how to avoid that', async (scenario) => {
    const { sandbox } = scenario
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
    const killed = await scenario.mainKilledWhen(() => sandbox.keys().length > 0)
    const cleaned = await cleanUp(scenario, killed, LABEL)
    expectMessage(cleaned, 'warning', new RegExp(`${sandbox.activeKeys()[0]?.id}.*github\\.run_id`))
  })

  test('names the label when it cannot look for the key', async (scenario) => {
    const { sandbox } = scenario
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
    const killed = await scenario.mainKilledWhen(() => sandbox.keys().length > 0, {
      label: OWN_LABEL,
    })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', times: Infinity })
    const cleaned = await cleanUp(scenario, killed, OWN_LABEL)
    expectMessage(
      cleaned,
      'warning',
      new RegExp(
        `"${OWN_LABEL}", and the action could not determine whether it did: .*403.*Junction Dashboard`,
      ),
    )
  })
})

/** Runs post as after a cancelled job. */
async function cleanUp({ post }: Scenario, killed: RunResult, label: string): Promise<RunResult> {
  const cleaned = await post(killed, { label }, { context: { job: { status: 'cancelled' } } })
  expect(cleaned.exitCode).toBe(0)
  return cleaned
}
