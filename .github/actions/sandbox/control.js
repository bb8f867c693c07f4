/**
 * Asks the control plane of this job's sandbox, or tells it something.
 *
 * @param {string} topic `faults`, `github`, `keys`, `requests` or `secrets`.
 * @param {string} [told] JSON to tell it.
 * @returns {Promise<any>} What it answered; `null` when that was nothing.
 */
export async function ask(topic, told) {
  const response = await fetch(`${process.env['SANDBOX_URL']}/_sandbox/${topic}`, {
    method: told === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    body: told ?? null,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${text}`)
  return text === '' ? null : JSON.parse(text)
}
