import { expect } from '@jest/globals'
import type { Annotation, RunResult } from '../../local-runner/types.js'

/** A step's annotations at these levels, in order. */
export function messagesOf(
  { annotations }: RunResult,
  ...levels: readonly Annotation['level'][]
): readonly string[] {
  return annotations.filter(({ level }) => levels.includes(level)).map(({ message }) => message)
}

/** How a step ended: compared with `SUCCESS`, a failure shows its reason. */
export function outcomeOf(result: RunResult): object {
  return { exitCode: result.exitCode, errors: messagesOf(result, 'error') }
}

/** The outcome of a step that went well. */
export const SUCCESS = { exitCode: 0, errors: [] }

/** Expects that a step showed one message at a level, which contains a text or matches. */
export function expectMessage(
  result: RunResult,
  level: Annotation['level'],
  message: string | RegExp,
): void {
  const matching =
    typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message)
  expect(messagesOf(result, level)).toEqual([matching])
}

/** Expects that a step failed with one error, which contains a text or matches. */
export function expectFailure(result: RunResult, message: string | RegExp): void {
  expectMessage(result, 'error', message)
  expect([result.exitCode, result.outcome]).toEqual([1, 'failure'])
}

/** Expects that a step succeeded with one warning, which contains a text or matches. */
export function expectWarning(result: RunResult, message: string | RegExp): void {
  expectMessage(result, 'warning', message)
  expect([result.exitCode, result.outcome]).toEqual([0, 'success'])
}
