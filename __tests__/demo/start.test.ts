import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const DEMO = fileURLToPath(new URL('../../demo/demo.js', import.meta.url))

// What `npm start` shows when it is piped, or to somebody without color.
test('npm start shows a summary per job, within 100 columns, without color', async () => {
  const { PATH = '' } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { env: { PATH } })
  const lines = stdout.split('\n')
  expect(lines.filter((line) => [...line].length > 100)).toEqual([])
  expect(stdout).not.toContain('\u001b')
  expect(lines.filter((line) => line === '── Job summary')).toHaveLength(5)
  expect(stdout).not.toMatch(/\|\s*---|<br>|<details>|^#{1,6} |`[\w-]+`/m)
  // Each line of the keys at the end has an ID that can be copied.
  const keys = stdout.slice(stdout.indexOf('── Keys in'), stdout.indexOf('── Secrets in'))
  expect(keys.match(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12} /gm)).toHaveLength(4)
})
