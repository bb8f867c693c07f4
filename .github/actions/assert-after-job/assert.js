const { SANDBOX_URL, INPUT_CREATED: created, INPUT_ALIVE: alive } = process.env

try {
  const response = await fetch(`${SANDBOX_URL}/_sandbox/keys`)
  if (!response.ok) throw new Error(`the sandbox answered ${response.status}`)
  const { keys } = await response.json()
  const live = keys.filter(({ revoked }) => !revoked)
  const found = `${keys.length} created, ${live.length} alive`
  if (found !== `${created} created, ${alive} alive`) {
    const list = live.map(({ id, label }) => `${id} "${label}"`).join(', ') || 'none'
    throw new Error(`expected ${created} created, ${alive} alive; found ${found} (${list})`)
  }
  console.log(`As expected after the job: ${found}`)
} catch (error) {
  console.log(`::error title=After the job::${error.message}`)
  process.exitCode = 1
}
