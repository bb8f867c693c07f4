/** @import { ControlViews } from '../../../sandbox/types.ts' */

/**
 * Reads from the control plane of this job's sandbox.
 *
 * @template {keyof ControlViews} Topic
 * @param {Topic} topic
 * @returns {Promise<ControlViews[Topic]>}
 */
export async function ask(topic) {
  const response = await fetch(`${process.env['SANDBOX_URL']}/_sandbox/${topic}`)
  if (!response.ok) throw new Error(`The sandbox returned ${response.status}`)
  return JSON.parse(await response.text())
}
