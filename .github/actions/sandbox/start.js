import { spawn } from 'node:child_process'
import { appendFileSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installPackages } from '../../../local-runner/install-packages.js'

const { GITHUB_ENV = '', GITHUB_STATE = '', GITHUB_WORKSPACE = '', RUNNER_TEMP = '' } = process.env
const PATIENCE_MS = 20_000

await installPackages(console.log)

// To a file: its output contains the org key and the token, which must not be in a log.
const logFile = join(RUNNER_TEMP, `sandbox-${process.pid}.log`)
const log = openSync(logFile, 'w')
const server = spawn(
  process.execPath,
  [join(GITHUB_WORKSPACE, 'sandbox', 'serve.js'), '--write-env', GITHUB_ENV],
  { detached: true, stdio: ['ignore', log, log] },
)
server.unref()
appendFileSync(GITHUB_STATE, `pid=${server.pid}\n`)

// It writes its variables when it is ready, SANDBOX_URL last.
const giveUpAt = Date.now() + PATIENCE_MS
let url
while (url === undefined && server.exitCode === null && Date.now() < giveUpAt) {
  await sleep(50)
  url = /^SANDBOX_URL=(.+)\n/m.exec(readFileSync(GITHUB_ENV, 'utf8'))?.[1]
}
if (url === undefined) {
  console.log(`::error::The sandbox did not start. Its output: ${readFileSync(logFile, 'utf8')}`)
  process.exitCode = 1
} else {
  console.log(`The sandbox listens on ${url}`)
}
