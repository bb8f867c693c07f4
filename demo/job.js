import { checkKey, checkRun, listFailures } from './judge.js'
import { mergeKeyRows, writeKeys, writeSummary } from './record.js'
import { runPostStep, runStep, useKey } from './step.js'

/** @import { Stage } from './types.ts' */

/**
 * The one job that a real Management API gets to see: create a key, use it, revoke it.
 *
 * @param {Stage} stage
 * @returns {Promise<string[]>} What is amiss.
 */
export async function runJob(stage) {
  const { service, screen } = stage
  const step = {
    name: 'junction-management-key',
    folder: '.',
    // A real account gets nothing that outlives the demo.
    inputs: { ...service.inputs, label: service.label, revoke: 'always' },
    context: service.context,
  }
  screen.write(`\n── Run ${step.name}`)
  const main = await runStep(stage, step)
  const created = await service.listKeys().catch(() => [])
  const used = await useKey(stage, main)
  // Whatever happened, the runner gets to post: the key may have to be revoked.
  const post = await runPostStep(stage, step, main, used)

  const keys = mergeKeyRows(created, await service.listKeys())
  writeSummary(screen, main.summary)
  writeKeys(screen, keys)
  return listFailures([
    ...checkRun(stage, [main, post]),
    // A step that failed made no key to speak of; its own error says why. And what a real API lets a
    // team key do is its own affair: whether it could be used is not judged.
    ...(main.outcome === 'success' ? checkKey(stage, main, keys, false) : []),
  ])
}
