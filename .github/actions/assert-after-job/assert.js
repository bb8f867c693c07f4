import { ask } from '../sandbox/control.js'

const { INPUT_CREATED, INPUT_ALIVE, INPUT_SECRETS } = process.env

try {
  const { keys } = await ask('keys')
  const { secrets } = await ask('secrets')
  const live = keys.filter(({ revoked }) => !revoked)
  const wanted = `${INPUT_CREATED} created, ${INPUT_ALIVE} active, ${INPUT_SECRETS} secrets`
  const found = `${keys.length} created, ${live.length} active, ${secrets.length} secrets`
  if (found !== wanted) {
    const list = live.map(({ id, label }) => `${id} "${label}"`).join(', ') || 'none'
    throw new Error(`expected ${wanted}; found ${found} (active: ${list})`)
  }
  const dead = secrets.filter(({ matches }) => live.every(({ id }) => id !== matches))
  if (dead.length > 0) {
    throw new Error(`no active key is in ${dead.map(({ name }) => name).join(', ')}`)
  }
  console.log(`As expected after the job: ${found}`)
} catch (error) {
  console.log(`::error title=After the job::${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
