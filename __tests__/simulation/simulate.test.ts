import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

test('steps side by side keep what the action promises, in 1,000 schedules', () => {
  const script = ['explore/run.js', '__tests__/simulation/simulate.js']
  const options = ['--schedules', '1000', '--seed', '1']
  const play = spawnSync(process.execPath, [...script, ...options], { encoding: 'utf8' })
  expect(play.stderr).toBe('')
  expect(play.stdout).toMatch(/^1000 schedules from seed 1 in [\d.]+ s, 0 violations\n$/)
  expect(play.status).toBe(0)
}, 900_000)
