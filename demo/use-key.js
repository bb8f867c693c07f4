// The demo's second step: any script that needs the key. It prints the key to prove the mask.
const { MANAGEMENT_KEY: key = '', KEYS_URL: url = '' } = process.env
const meanings = new Map([
  [200, 'the key works'],
  [401, 'the service does not recognize this key'],
  [403, 'the service recognizes the key; a team key may not do this'],
])
const { status, body } = await fetch(url, {
  headers: { 'x-management-key': key },
  // The key would be sent along.
  redirect: 'manual',
  signal: AbortSignal.timeout(30_000),
})
await body?.cancel()
process.stdout.write(`The key is ${key}\n`)
process.stdout.write(
  `GET ${url}\n  ${status}: ${meanings.get(status) ?? 'an unexpected response'}\n`,
)
if (!meanings.has(status) || status === 401) process.exitCode = 1
