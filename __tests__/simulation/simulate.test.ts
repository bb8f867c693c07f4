import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

const SCRIPT = 'explore/run.js'

function simulate(...options: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [SCRIPT, 'simulate', ...options], {
    encoding: 'utf8',
  })
  return { stdout, stderr, status }
}

test('steps side by side keep what the action promises, in 1,000 schedules', () => {
  const { stdout, stderr, status } = simulate('--schedules', '1000', '--seed', '1')
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^1000 schedules from seed 1 in [\d.]+ s, 0 violations\n$/)
  expect(status).toBe(0)
}, 900_000)
