import { checkKey, checkRun, listFailures } from './judge.js'
import { mergeKeyRows, writeKeys, writeSummary } from './record.js'
import { runPostStep, runStep, useKey } from './step.js'

/** @import { Stage } from './types.ts' */

/**
 * The one job that runs against a real Management API: create a key, use it, revoke it.
 *
 * @param {Stage} stage
 * @returns {Promise<string[]>} What is wrong.
 */
export async function runJob(stage) {
  const { service, screen } = stage
  const step = {
    name: 'junction-management-key',
    folder: '.',
    // In a real account, nothing may outlive the demo.
    inputs: { ...service.inputs, label: service.label, revoke: 'always' },
    context: service.context,
  }
  screen.write(`\n── Run ${step.name}`)
  const main = await runStep(stage, step)
  const created = await service.listKeys().catch(() => [])
  const used = await useKey(stage, main)
  // Always run post: the key may have to be revoked.
  const post = await runPostStep(stage, step, main, used)

  const keys = mergeKeyRows(created, await service.listKeys())
  writeSummary(screen, main, post)
  writeKeys(screen, keys)
  return listFailures([
    ...checkRun(stage, [main, post]),
    // A failed step leaves no key; its own error says why. Whether the key could be used is not judged:
    // what a team key may do depends on the real API.
    ...(main.outcome === 'success' ? checkKey(stage, main, keys, false) : []),
  ])
}
