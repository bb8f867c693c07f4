import { test as jestTest } from '@jest/globals'
import { startSandbox } from '../../sandbox/server.js'
import type { Sandbox, SandboxOptions } from '../../sandbox/types.js'

export async function withSandbox(
  play: (sandbox: Sandbox) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  const sandbox = await startSandbox(options)
  try {
    await play(sandbox)
  } finally {
    await sandbox.stop()
  }
}

/** Tests at the same time, each with a sandbox of its own. */
export const test = Object.assign(
  (title: string, play: (sandbox: Sandbox) => Promise<void>) =>
    jestTest.concurrent(title, () => withSandbox(play)),
  { each: jestTest.concurrent.each },
)

interface CallOptions {
  readonly headers?: Record<string, string>
  /** Text is sent as it is. */
  readonly body?: unknown
}

interface Reply {
  readonly status: number
  readonly headers: Headers
  /** JSON, or the text that is none. */
  readonly body: unknown
}

export async function call(method: string, url: string, options: CallOptions = {}): Promise<Reply> {
  const { headers = {}, body } = options
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
