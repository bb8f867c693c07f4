/** @import { ControlViews, ShownKey } from '../../../sandbox/types.ts' */

/**
 * Reads from the control plane of this job's sandbox.
 *
 * @template {keyof ControlViews} Topic
 * @overload
 * @param {Topic} topic
 * @returns {Promise<ControlViews[Topic]>}
 */
/**
 * Adds a key.
 *
 * @overload
 * @param {'keys'} topic
 * @param {string} json
 * @returns {Promise<ShownKey>}
 */
/**
 * Reads from it, or sends it something.
 *
 * @overload
 * @param {string} topic `faults`, `github`, `keys`, `requests` or `secrets`.
 * @param {string} [json] JSON to send.
 * @returns {Promise<unknown>} Its response; `null` if empty.
 */
/** @param {string} topic @param {string} [json] @returns {Promise<unknown>} */
export async function ask(topic, json) {
  const response = await fetch(`${process.env['SANDBOX_URL']}/_sandbox/${topic}`, {
    method: json === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    body: json ?? null,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`The sandbox returned ${response.status}: ${text}`)
  return text === '' ? null : JSON.parse(text)
}
