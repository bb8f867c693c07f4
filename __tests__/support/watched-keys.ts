import type { RunResult } from '../../local-runner/run-action.js'
import type { Sandbox } from '../../sandbox/server.js'

/**
 * Ids of the live keys that no run handed on and no error or warning names. There must never be
 * one, whatever happened (promise 4).
 */
export function findForgottenKeys(sandbox: Sandbox, runs: readonly RunResult[]): readonly string[] {
  const held = runs.flatMap(({ outputs, env }) => [
    ...Object.values(outputs),
    ...Object.values(env),
  ])
  const alarms = findAlarms(runs)
  return sandbox
    .liveKeys()
    .filter(({ id, key }) => !held.includes(key) && !alarms.some((text) => text.includes(id)))
    .map(({ id }) => id)
}

/** Messages of all errors and warnings. */
export function findAlarms(runs: readonly RunResult[]): readonly string[] {
  return runs
    .flatMap(({ annotations }) => annotations)
    .filter(({ level }) => level !== 'notice')
    .map(({ message }) => message)
}

/** Messages of the errors of one run. */
export function findErrors(run: RunResult): readonly string[] {
  return run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
}

/** Messages of the warnings of one run. */
export function findWarnings(run: RunResult): readonly string[] {
  return run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
}

/** Methods of all requests, in the order in which they arrived. */
export function listMethods(sandbox: Sandbox): readonly string[] {
  return sandbox.requests.map(({ method }) => method)
}

/** How many requests with a method arrived. */
export function countRequests(sandbox: Sandbox, method: string): number {
  return listMethods(sandbox).filter((found) => found === method).length
}
