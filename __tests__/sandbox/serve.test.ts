import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { routes } from '../../sandbox/control-plane.js'
import { commonFields, faultShapes } from '../../sandbox/faults.js'

const SERVE = fileURLToPath(new URL('../../sandbox/serve.js', import.meta.url))
const run = promisify(execFile)

describe('npm run sandbox', () => {
  const sandbox = spawn(process.execPath, [SERVE], { stdio: ['ignore', 'pipe', 'inherit'] })
  let banner = ''

  beforeAll(async () => {
    for await (const chunk of sandbox.stdout) {
      banner += String(chunk)
      if (banner.includes('--help')) break
    }
  })

  afterAll(async () => {
    sandbox.kill()
    if (sandbox.exitCode === null && sandbox.signalCode === null) await once(sandbox, 'exit')
  })

  test('prints every variable as a line that a shell takes', async () => {
    const exports = linesOf(/^ {2}export /)
    const names = exports.map((line) => line.replace(/^ *export (\w+)=.*/, '$1'))
    const { stdout } = await run('bash', ['-c', `${exports.join('\n')}\nenv`])
    for (const name of names) expect(stdout).toMatch(new RegExp(`^${name}=\\S+$`, 'm'))
    expect(names).toEqual([
      ...['JUNCTION_API_URL', 'JUNCTION_ORG_KEY', 'JUNCTION_ORG_ID', 'JUNCTION_TEAM_ID'],
      ...['SANDBOX_TEAM_IDS', 'SANDBOX_GITHUB_URL', 'SANDBOX_GHES_URL', 'SANDBOX_GITHUB_TOKEN'],
      ...['SANDBOX_WORKFLOW_TOKEN', 'SANDBOX_REPOSITORY', 'SANDBOX_URL'],
    ])
  })

  test('prints for each control endpoint a curl line that works', async () => {
    const commands = linesOf(/^ {2}curl /)
    const called = commands.map((line) => {
      const body = line.includes(' -d ') ? 'POST' : 'GET'
      return `${/-X (\w+)/.exec(line)?.[1] ?? body} ${/\/_sandbox\/\w+/.exec(line)?.[0]}`
    })
    const served = Object.entries(routes).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
    expect([...called].sort()).toEqual([...served].sort())

    for (const command of commands) {
      // As printed, but an error status fails it.
      await run('bash', ['-c', `curl() { command curl --fail -sS "$@"; }\n${command}`])
    }
    expect(await ask(commands, 'keys')).toContain('preview-pr-7')
  })

  test('explains the faults and their fields', async () => {
    const { stdout } = await run(process.execPath, [SERVE, '--help'])
    for (const [kind, { needs = {}, takes = {} }] of Object.entries(faultShapes)) {
      expect(stdout).toMatch(new RegExp(`^  ${kind} +[^ ].*$`, 'm'))
      for (const field of Object.keys(needs)) expect(stdout).toContain(`needs ${field}`)
      for (const field of Object.keys(takes)) expect(stdout).toContain(`takes ${field}`)
    }
    for (const field of Object.keys(commonFields)) {
      expect(stdout).toMatch(new RegExp(`^    ${field} `, 'm'))
    }
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  function linesOf(pattern: RegExp): readonly string[] {
    return banner.split('\n').filter((line) => pattern.test(line))
  }
})

/** What the printed line that reads a topic shows. */
async function ask(commands: readonly string[], topic: string): Promise<string> {
  const command = commands.find((line) => line.endsWith(`/${topic}`) && !line.includes(' -d '))
  const { stdout } = await run('bash', ['-c', `${command} -sS`])
  return stdout
}
