import { ask } from './control.js'

const { INPUT_CREATED, INPUT_ACTIVE, INPUT_SECRETS, STATE_pid } = process.env

try {
  const { keys } = await ask('keys')
  const { secrets } = await ask('secrets')
  const active = keys.filter(({ revoked }) => !revoked)
  const wanted = `${INPUT_CREATED} created, ${INPUT_ACTIVE} active, ${INPUT_SECRETS} secrets`
  const found = `${keys.length} created, ${active.length} active, ${secrets.length} secrets`
  if (found !== wanted) {
    const list = active.map(({ id, label }) => `${id} "${label}"`).join(', ') || 'none'
    throw new Error(`expected ${wanted}; found ${found} (active: ${list})`)
  }
  const unusable = secrets.filter(({ matches }) => active.every(({ id }) => id !== matches))
  if (unusable.length > 0) {
    throw new Error(`no active key is in ${unusable.map(({ name }) => name).join(', ')}`)
  }
  console.log(`As expected after the job: ${found}`)
} catch (error) {
  console.log(`::error title=After the job::${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

const pid = Number(STATE_pid)
if (pid > 0) {
  process.kill(pid)
  console.log('Stopped the sandbox')
}
