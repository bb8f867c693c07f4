import { expect } from '@jest/globals'
import type { Annotation, RunResult } from '../../local-runner/types.js'

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
