import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { messagesOf } from './messages.js'

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
