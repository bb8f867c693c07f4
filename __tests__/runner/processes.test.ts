import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from '@jest/globals'
import { identifyProcess, observeProcess, signalProcess } from '../../src/runner/processes.js'

const OWN = identifyProcess()
const hasProc = process.platform === 'linux'

/** A child, identified as it would identify itself. */
async function startChild() {
  const file = 'process.stdin.resume(); console.log("ready")'
  const child = spawn(process.execPath, ['-e', file], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const { pid = 0 } = child
  const { readFileSync } = await import('node:fs')
  const stat = hasProc ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
  return { child, identity: { ...OWN, pid, startTime: stat.split(' ')[21] ?? '' } }
}

test('a process is running until it has ended', async () => {
  const { child, identity } = await startChild()
  expect([observeProcess(OWN), observeProcess(identity)]).toEqual(['running', 'running'])
  const ended = once(child, 'exit')
  if (hasProc) signalProcess(identity, 'SIGKILL')
  else child.kill('SIGKILL')
  await ended
  expect(observeProcess(identity)).toBe('ended')
})

test('a process that has the ID of another is not that one, and gets no signal for it', () => {
  if (!hasProc) return
  const earlier = { ...OWN, startTime: `${Number(OWN.startTime) - 1}` }
  expect(observeProcess(earlier)).toBe('ended')
  expect(() => signalProcess(earlier, 'SIGKILL')).not.toThrow()
})

test('a process of another container is not seen, and gets no signal', () => {
  const elsewhere = { ...OWN, namespace: 'pid:[1]' }
  expect(observeProcess(elsewhere)).toBe('unseen')
  expect(() => signalProcess(elsewhere, 'SIGKILL')).not.toThrow()
})
