import { expect } from '@jest/globals'
import type { Annotation, RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'

export function messagesOf(
  { annotations }: RunResult,
  ...levels: readonly Annotation['level'][]
): readonly string[] {
  return annotations.filter(({ level }) => levels.includes(level)).map(({ message }) => message)
}

/** How a step ended: compared with `SUCCESS`, a failure shows its reason. */
export function outcomeOf(result: RunResult): object {
  const { exitCode, outcome } = result
  return { exitCode, outcome, errors: messagesOf(result, 'error') }
}

export const SUCCESS = { exitCode: 0, outcome: 'success', errors: [] }

/** Expects that a step showed one message at a level, which contains the texts and matches the patterns. */
export function expectMessage(
  result: RunResult,
  level: Annotation['level'],
  ...parts: readonly (string | RegExp)[]
): void {
  for (const part of parts) {
    expect(messagesOf(result, level)).toEqual([
      typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part),
    ])
  }
}

type Parts = readonly (string | RegExp)[]

/** Expects that a step failed with one error, which contains the texts and matches the patterns. */
export function expectFailure(result: RunResult, ...parts: Parts): void {
  expectMessage(result, 'error', ...parts)
  expect([result.exitCode, result.outcome]).toEqual([1, 'failure'])
}

/** Expects that a step succeeded with one warning, which contains the texts and matches the patterns. */
export function expectWarning(result: RunResult, ...parts: Parts): void {
  expectMessage(result, 'warning', ...parts)
  expect([result.exitCode, result.outcome]).toEqual([0, 'success'])
}

/** IDs of the active keys that no run delivered and no error or warning names. There must never be one. */
export function findUnreportedKeys(
  sandbox: Sandbox,
  runs: readonly RunResult[],
): readonly string[] {
  const held = runs.flatMap(({ outputs, env }) => [
    ...Object.values(outputs),
    ...Object.values(env),
  ])
  const alarms = runs.flatMap((run) => messagesOf(run, 'error', 'warning'))
  return sandbox
    .activeKeys()
    .filter(({ id, key }) => !held.includes(key) && !alarms.some((text) => text.includes(id)))
    .map(({ id }) => id)
}
