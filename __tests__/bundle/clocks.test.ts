import { describe, expect } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { passOn, withGateway } from '../support/gateway.js'
import { daysBefore } from '../support/listed-keys.js'
import { expectFailure, findUnreportedKeys } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { OWN_LABEL, type Scenario, testExtended } from '../support/scenario.js'

const YEAR_MS = 365 * 86_400_000

interface Shifted {
  /** Puts a gateway in between that shifts each `Date`, and gives its URL to `play`. */
  shiftDate(ms: number, play: (apiUrl: string) => Promise<void>): Promise<void>
}

/** The first create leaves a key whose response is lost. */
const test = testExtended<Shifted>('.', (scenario, play) => {
  scenario.sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
  const shiftDate: Shifted['shiftDate'] = (ms, playShifted) =>
    withGateway(
      scenario.sandbox,
      (answer, response) => {
        answer.headers.date = new Date(Date.parse(answer.headers.date ?? '') + ms).toUTCString()
        passOn(answer, response)
      },
      playShifted,
    )
  return play({ ...scenario, shiftDate })
})

/** Expects that an older key is kept, the one of the lost response revoked, and another created. */
async function expectStrayRevoked(
  { succeed, sandbox, addKey }: Scenario,
  inputs: Record<string, string> = {},
  createdAt = daysBefore(7),
): Promise<void> {
  const old = addKey(OWN_LABEL, { createdAt })
  const run = await succeed({ ...inputs, label: OWN_LABEL })
  expect(sandbox.keys()).toHaveLength(3)
  expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([old, run.outputs['key_id']])
}

describe('a lost response, and clocks that are wrong', () => {
  test.each([60_000, YEAR_MS])(
    'a Date %d ms ahead: the key is named when the label is not its own',
    async ({ main, sandbox, shiftDate }, shift) => {
      await shiftDate(shift, async (apiUrl) => {
        const run = await main({ api_url: apiUrl })
        expectFailure(run, sandbox.activeKeys()[0]?.id ?? 'no key')
        expect(findUnreportedKeys(sandbox, [run])).toEqual([])
        expect(countRequests(sandbox, 'DELETE')).toBe(0)
      })
    },
  )

  test(
    'a created_at a year before the request, by both clocks: its own key is revoked',
    (scenario) =>
      scenario.shiftDate(YEAR_MS, (apiUrl) =>
        expectStrayRevoked(scenario, { api_url: apiUrl }, daysBefore(800)),
      ),
    { now: () => new Date(Date.now() - YEAR_MS) },
  )

  test.each<[string, Fault]>([
    ['a Date', { kind: 'no-date' }],
    ['created_at', { kind: 'omit', fields: ['created_at'] }],
  ])('a list without %s: its own key is revoked', (scenario, [, fault]) => {
    scenario.sandbox.misbehave({ ...fault, method: 'GET', times: Infinity })
    return expectStrayRevoked(scenario)
  })

  test('post does not use this machine’s clock, which was set back after the main step', async (scenario) => {
    const { main, post, sandbox, describeRun } = scenario
    sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', skip: 1, times: Infinity })
    const run = await main({ label: OWN_LABEL })
    expect(run.exitCode).toBe(1)
    sandbox.behave()
    const setBack = 'data:text/javascript,const now = Date.now; Date.now = () => now() - 36e5'
    const { env } = describeRun()
    const cleaned = await post(
      run,
      { label: OWN_LABEL },
      { env: { ...env, NODE_OPTIONS: `--import "${setBack.replaceAll(' ', '%20')}"` } },
    )
    expect(cleaned.exitCode).toBe(0)
    expect(sandbox.activeKeys()).toEqual([])
  })
})
