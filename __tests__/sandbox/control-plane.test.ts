import { request } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { startSandbox } from '../../sandbox/server.js'
import type { Sandbox } from '../../sandbox/types.js'

describe('the control plane', () => {
  test.concurrent('rejects a browser, which sends an Origin', () =>
    withSandbox(async ({ url }) => {
      const headers = { origin: 'https://evil.example' }
      expect((await fetch(`${url}/_sandbox/keys`, { headers })).status).toBe(403)
      const [method, body] = ['POST', '{"kind":"hold"}']
      const json = { ...headers, 'content-type': 'application/json' }
      expect((await fetch(`${url}/_sandbox/faults`, { method, body, headers: json })).status).toBe(
        403,
      )
      expect((await fetch(url)).status).toBe(404)
    }))

  test.concurrent('rejects a name that was rebound to this machine', () =>
    withSandbox(async ({ url }) => {
      expect(await getStatus(`${url}/_sandbox/keys`, 'evil.example')).toBe(403)
      expect(await getStatus(`${url}/_sandbox/keys`, 'localhost')).toBe(200)
    }))

  test.concurrent('rejects an invalid fault, and says why', () =>
    withSandbox(async (sandbox) => {
      const response = await control(sandbox, 'POST', 'faults', { kind: 'delay', delay: 5 })
      expect(response.status).toBe(422)
      expect(await response.text()).toMatch(/delayMs is required; delay is not allowed/)
      const idle = await control(sandbox, 'POST', 'faults', { kind: 'omit', fields: [] })
      expect(await idle.text()).toMatch(/fields must be an array of field names/)
    }))

  test.concurrent('queues faults and removes them', () =>
    withSandbox(async (sandbox) => {
      const read = () => fetch(`${sandbox.managementUrl}/v1/org/${sandbox.orgId}/management_key`)
      const fault = { kind: 'status', status: 418, times: 2 }
      expect((await control(sandbox, 'POST', 'faults', fault)).status).toBe(204)
      expect((await read()).status).toBe(418)
      expect((await control(sandbox, 'DELETE', 'faults')).status).toBe(204)
      expect((await read()).status).toBe(401)
    }))

  test.concurrent('shows keys and requests without their secrets', () =>
    withSandbox(async (sandbox) => {
      const team = sandbox.addKey({ label: 'team', teamIds: sandbox.teamIds.slice(0, 1) })
      await fetch(`${sandbox.managementUrl}/v1/org/${sandbox.orgId}/management_key?${team.key}=1`, {
        headers: { 'x-management-key': sandbox.orgKey },
      })
      const keys = await (await control(sandbox, 'GET', 'keys')).text()
      const requests = await (await control(sandbox, 'GET', 'requests')).text()
      expect(keys).toContain(team.id)
      expect(requests).toContain('management_key')
      for (const secret of [team.key, sandbox.orgKey]) {
        expect(keys).not.toContain(secret)
        expect(requests).not.toContain(secret)
      }
    }))
})

async function withSandbox(play: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox()
  try {
    await play(sandbox)
  } finally {
    await sandbox.stop()
  }
}

function control({ url }: Sandbox, method: string, what: string, body?: unknown) {
  return fetch(`${url}/_sandbox/${what}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** Unlike fetch, sends another Host. */
function getStatus(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}
