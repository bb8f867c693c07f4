import { expect } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { passOn, withGateway } from '../support/gateway.js'
import { messagesOf } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

/** Rewrites the bodies of responses to a create request. */
function withRewrittenCreate(
  sandbox: Sandbox,
  rewrite: (body: string) => string,
  play: (apiUrl: string) => Promise<void>,
) {
  return withGateway(
    sandbox,
    async (answer, response, { method }) => {
      if (method !== 'POST') return passOn(answer, response)
      const { 'content-length': _length, ...headers } = answer.headers
      const body = (await answer.setEncoding('utf8').toArray()).join('')
      response.writeHead(answer.statusCode ?? 502, headers).end(rewrite(body))
    },
    play,
  )
}

const writeInCapitals = (body: string) =>
  body.replaceAll(/"id":\s*"[^"]+"/g, (id) => id.toUpperCase().replace('ID', 'id'))

test('a key whose ID comes in capitals is not taken for a stray one', async ({ main, sandbox }) => {
  sandbox.misbehave({ kind: 'reset', when: 'before', method: 'POST' })
  await withRewrittenCreate(sandbox, writeInCapitals, async (apiUrl) => {
    const run = await main({ if_exists: 'replace', api_url: apiUrl })
    expect([run.exitCode, messagesOf(run, 'error')]).toEqual([0, []])
    expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([run.outputs['key']])
  })
})

test('a response with the ID of a previous key does not make the action revoke what it delivered', async (scenario) => {
  const { main, sandbox, inputs } = scenario
  const label = 'preview-42'
  const old = sandbox.addKey({ label, teamIds: [inputs['team_id'] ?? ''] })
  const name = (body: string) => body.replace(/"id":\s*"[^"]+"/, `"id":"${old.id}"`)
  await withRewrittenCreate(sandbox, name, async (apiUrl) => {
    const run = await main({ label, if_exists: 'replace', api_url: apiUrl })
    expect([run.exitCode, messagesOf(run, 'error')]).toEqual([0, []])
    expect(run.outputs).toMatchObject({ key_id: old.id, replaced_key_ids: '[]' })
    expect(countRequests(sandbox, 'DELETE')).toBe(0)
  })
})
