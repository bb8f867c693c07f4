import { request as sendRequest } from 'node:http'
import { expect, test } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { withHttpServer } from '../support/http-server.js'
import { messagesOf } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { withAction } from '../support/scenario.js'

/** Puts a gateway before a sandbox that rewrites the bodies of its responses to one method. */
async function withRewrittenAnswers(
  sandbox: Sandbox,
  method: string,
  rewrite: (body: string) => string,
  play: (apiUrl: string) => Promise<void>,
): Promise<void> {
  await withHttpServer(
    (request, response) => {
      const { headers, url } = request
      const onward = sendRequest(
        `${sandbox.url}${url}`,
        { method: request.method, headers },
        async (answer) => {
          const chunks: Buffer[] = []
          for await (const chunk of answer) chunks.push(chunk)
          const body = Buffer.concat(chunks).toString()
          const { 'content-length': _length, ...others } = answer.headers
          response.writeHead(answer.statusCode ?? 502, others)
          response.end(request.method === method ? rewrite(body) : body)
        },
      )
      onward.on('error', () => request.socket.resetAndDestroy())
      request.pipe(onward)
    },
    (url) => play(`${url}${new URL(sandbox.managementUrl).pathname}`),
  )
}

const writeInCapitals = (body: string) =>
  body.replaceAll(/"id":\s*"[^"]+"/g, (id) => id.toUpperCase().replace('ID', 'id'))

test.concurrent('a key whose ID is returned in capitals is not mistaken for a stray key', () =>
  withAction('.', async ({ main, sandbox }) => {
    sandbox.misbehave({ kind: 'reset', when: 'before', method: 'POST' })
    await withRewrittenAnswers(sandbox, 'POST', writeInCapitals, async (apiUrl) => {
      const run = await main({ if_exists: 'replace', api_url: apiUrl })
      expect([run.exitCode, messagesOf(run, 'error')]).toEqual([0, []])
      expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([run.outputs['key']])
    })
  }))

test.concurrent('a response with the ID of a previous key does not make the action revoke what it delivered', () =>
  withAction('.', async ({ main, sandbox, inputs }) => {
    const label = 'preview-42'
    const old = sandbox.addKey({ label, teamIds: [inputs['team_id'] ?? ''] })
    const name = (body: string) => body.replace(/"id":\s*"[^"]+"/, `"id":"${old.id}"`)
    await withRewrittenAnswers(sandbox, 'POST', name, async (apiUrl) => {
      const run = await main({ label, if_exists: 'replace', api_url: apiUrl })
      expect([run.exitCode, messagesOf(run, 'error')]).toEqual([0, []])
      expect(run.outputs).toMatchObject({ key_id: old.id, replaced_key_ids: '[]' })
      expect(countRequests(sandbox, 'DELETE')).toBe(0)
    })
  }))
