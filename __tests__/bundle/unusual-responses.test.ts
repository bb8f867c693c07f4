import { describe, expect } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { passOn, withGateway } from '../support/gateway.js'
import {
  expectFailure,
  expectWarning,
  findUnreportedKeys,
  messagesOf,
} from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

type UnusualResponse = readonly [string, bytes: string | Buffer, then: 'close' | 'silence']

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\n'
const UPGRADE = `${SWITCH}connection: upgrade\r\nupgrade: fake\r\n\r\n`
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n`
const INTERIM = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'

const SWITCHING: UnusualResponse = ['a switch to another protocol', UPGRADE, 'silence']

/** Responses that no client understands: what, the bytes, and whether the connection is then closed or left open. */
const UNUSUAL_RESPONSES: readonly UnusualResponse[] = [
  SWITCHING,
  ['a switch, closed', UPGRADE, 'close'],
  ['a switch without a protocol', `${SWITCH}\r\n`, 'silence'],
  ['a switch followed by data', `${UPGRADE}PRI * HTTP/2.0`, 'silence'],
  ['only interim responses', INTERIM, 'close'],
  ['an interim response and silence', 'HTTP/1.1 102 Processing\r\n\r\n', 'silence'],
  ['half a status line', 'HTTP/1.1 20', 'close'],
  ['half a status line and silence', 'HTTP/1.', 'silence'],
  ['half a head', HEAD, 'close'],
  ['frames of HTTP/2', Buffer.from('000012040000000000000300000064', 'hex'), 'silence'],
  ['a mail server', '220 mail.example.com ESMTP ready\r\n', 'silence'],
  ['a TLS alert', Buffer.from('15030300020246', 'hex'), 'close'],
  ['a status below all others', 'HTTP/1.1 099 Fake\r\ncontent-length: 0\r\n\r\n', 'silence'],
  ['a status that is not a number', 'HTTP/1.1 OK\r\n\r\n', 'close'],
  ['less than it promises', `${HEAD}content-length: 99\r\n\r\n{}`, 'close'],
  ['less than it promises, and silence', `${HEAD}content-length: 99\r\n\r\n{}`, 'silence'],
  ['more than it promises', `${HEAD}content-length: 1\r\n\r\n{"data":[]}`, 'close'],
  ['two lengths', `${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 'close'],
  ['a length and chunks', `${CHUNKED}content-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 'close'],
  ['a negative length', `${HEAD}content-length: -1\r\n\r\n{}`, 'close'],
  ['a chunk without a size', `${CHUNKED}\r\nzz\r\n{}\r\n0\r\n\r\n`, 'close'],
  ['a chunk that is cut', `${CHUNKED}\r\n9\r\n{}`, 'close'],
  ['chunks without an end', `${CHUNKED}\r\n2\r\n{}\r\n`, 'close'],
  ['a header without a colon', `${HEAD}nonsense\r\n\r\n{}`, 'close'],
  ['an empty body', `${HEAD}content-length: 0\r\n\r\n`, 'close'],
]

/** Responds to requests with `method` with the bytes. `play` gets the base URL of the Management API. */
function withUnusualResponse(
  sandbox: Sandbox,
  method: string,
  [, bytes, then]: UnusualResponse,
  play: (apiUrl: string) => Promise<void>,
): Promise<void> {
  return withGateway(
    sandbox,
    (answer, response, request) => {
      if (request.method !== method) return passOn(answer, response)
      answer.resume()
      if (then === 'close') request.socket.end(bytes)
      else request.socket.write(bytes)
    },
    play,
  )
}

test.each(UNUSUAL_RESPONSES)(
  'an unusual response to a create request that created a key is an error that names it: %s',
  ({ sandbox, main, post }, odd) =>
    withUnusualResponse(sandbox, 'POST', odd, async (api_url) => {
      const run = await main({ api_url, timeout_seconds: '5' })
      const [key] = sandbox.activeKeys()
      expectFailure(run, `${key?.id}`)
      expect(run.stderr).toBe('')
      const cleaned = await post(run, { api_url, timeout_seconds: '5' })
      expect(cleaned.exitCode).toBe(0)
      expect(findUnreportedKeys(sandbox, [run, cleaned])).toEqual([])
    }),
)

describe('101 Switching Protocols instead of a response', () => {
  test('is a warning of post that names the key', ({ sandbox, main, post }) =>
    withUnusualResponse(sandbox, 'DELETE', SWITCHING, async (api_url) => {
      const created = await main({ api_url })
      const cleaned = await post(created, { api_url, revoke: 'always' })
      expectWarning(cleaned, new RegExp(`${created.outputs['key_id']}.*101`))
    }))

  for (const [action, method, inputs] of [
    ['.', 'GET', { if_exists: 'replace' }],
    ['revoke', 'DELETE', { label: 'preview-42' }],
    ['prune', 'GET', { label_pattern: '*', older_than: '7d' }],
  ] as const) {
    testAction(action)(`is an error of ${action}`, ({ sandbox, main, addKey }) =>
      withUnusualResponse(sandbox, method, SWITCHING, async (api_url) => {
        const id = addKey()
        const failed = await main({ api_url, ...inputs })
        expectFailure(failed, '101', method === 'DELETE' ? id : '')
        expect(sandbox.keys()).toHaveLength(1)
      }),
    )
  }
})

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

test('a response with another label draws a warning, and is what the outputs say', async ({
  main,
  sandbox,
}) => {
  const [team = '', other = ''] = sandbox.teamIds
  const fold = (body: string) =>
    body.replace(/"label":\s*"[^"]+"/, '"label":"preview"').replace(team, other)
  await withRewrittenCreate(sandbox, fold, async (apiUrl) => {
    const run = await main({ label: 'Preview', api_url: apiUrl })
    expectWarning(run, 'gave the key the label "preview", not "Preview"')
    expect(messagesOf(run, 'notice')).toEqual([expect.stringContaining('with label "preview"')])
    expect(run.outputs).toMatchObject({ label: 'preview', team_ids: JSON.stringify([other]) })
  })
})
