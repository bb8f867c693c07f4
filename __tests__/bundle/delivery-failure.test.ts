import { describe, expect, test } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { RunResult } from '../../local-runner/types.js'
import type { Fault } from '../../sandbox/types.js'
import { messagesOf } from '../support/messages.js'
import { countRequests, listMethods } from '../support/requests.js'
import { type Scenario, withAction } from '../support/scenario.js'
import { type StepFiles, withStepFiles } from '../support/step-files.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'
import { waitUntil } from '../support/wait-until.js'

describe('a key that cannot be delivered', () => {
  test.concurrent.each(['GITHUB_OUTPUT', 'GITHUB_STATE'] as const)(
    'because %s can no longer be written is revoked at once',
    (file) =>
      withAction('.', (scenario) =>
        withStepFiles(async (files) => {
          const run = await spoilDuringCreate(scenario, files, file)
          expect(run.exitCode).toBe(1)
          expect(messagesOf(run, 'error')).toHaveLength(1)
          expect(listMethods(scenario.sandbox)).toEqual(['POST', 'DELETE'])
          expect(scenario.sandbox.keys()).toHaveLength(1)
          expect(scenario.sandbox.activeKeys()).toEqual([])
        }),
      ),
  )

  test.concurrent('leaves the previous keys active', () =>
    withAction('.', (scenario) =>
      withStepFiles(async (files) => {
        const old = scenario.addKey()
        const run = await spoilDuringCreate(scenario, files, 'GITHUB_OUTPUT', {
          if_exists: 'replace',
        })
        expect(run.exitCode).toBe(1)
        expect(scenario.sandbox.activeKeys().map(({ id }) => id)).toEqual([old])
      }),
    ))

  test.concurrent('and not revoked either is named, and revoked by the post step', () =>
    withAction('.', (scenario) =>
      withStepFiles(async (files) => {
        const { sandbox, post } = scenario
        const refusal: Fault = { kind: 'status', status: 403, method: 'DELETE' }
        sandbox.misbehave(refusal)
        const run = await spoilDuringCreate(scenario, files, 'GITHUB_OUTPUT')
        expect(run.exitCode).toBe(1)
        expect(sandbox.activeKeys()).toHaveLength(1)
        expect(findUnreportedKeys(sandbox, [run])).toEqual([])

        const cleaned = await post({ state: files.readState() })
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        expect(sandbox.activeKeys()).toEqual([])
      }),
    ))
})

/** Runs main; during its create request, a file that was writable becomes unwritable. */
async function spoilDuringCreate(
  { sandbox, describeRun }: Scenario,
  files: StepFiles,
  file: 'GITHUB_OUTPUT' | 'GITHUB_STATE',
  inputs: Record<string, string> = {},
): Promise<RunResult> {
  sandbox.misbehave({ kind: 'delay', method: 'POST', delayMs: 400 })
  const run = start('main', describeRun(inputs, { overrides: files.overrides, debug: true }))
  await waitUntil('the create arrives', () => countRequests(sandbox, 'POST') > 0)
  files.spoil(file)
  return run.finished
}
