import { describe, expect, test } from '@jest/globals'
import { ConnectionError, HttpStatusError } from '../../src/core/errors.js'
import { connectGitHub } from '../../src/github/client.js'
import {
  catchError,
  createFakeClock,
  createFakeExchange,
  FAKE_API_URL,
  type FakeReply,
} from '../support/fakes.js'

const READERS = { 200: () => 'read' }

/** A client of GitHub's API that gets these replies in order. */
function createApi(replies: readonly FakeReply[]) {
  const { exchange, requests } = createFakeExchange(replies)
  const clock = createFakeClock()
  const debugged: string[] = []
  const ports = {
    exchange,
    clock,
    debug: (message: string) => debugged.push(message),
    scrub: (text: string) => text.replaceAll('fake secret', '***'),
    info: () => undefined,
  }
  const address = { githubApiUrl: FAKE_API_URL, githubToken: 'fake-token' }
  const api = connectGitHub(address, ports, 'fake: forbidden')
  const read = () =>
    api.request('GET /repos/{owner}/{repo}', { owner: 'fake-owner', repo: 'fake-repo' }, READERS)
  return { read, clock, requests, debugged }
}

describe('an error of GitHub’s', () => {
  test.each<[number, FakeReply, string]>([
    [
      401,
      { body: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' } },
      'GitHub returned 401: Bad credentials. github_token is invalid or has expired',
    ],
    [
      403,
      {
        body: { message: 'no fake secret here' },
        headers: { 'x-accepted-github-permissions': 'secrets=write' },
      },
      'GitHub returned 403: no *** here. fake: forbidden. The endpoint accepts: secrets=write',
    ],
    [
      404,
      { body: { message: 'Not Found' } },
      'GitHub returned 404: Not Found. It does not exist, or github_token does not have access',
    ],
    [422, { body: { message: 'Invalid' } }, 'GitHub returned 422: Invalid'],
    [
      422,
      { body: '<p>a page</p>' },
      'GitHub returned 422: a web page that something in between sent, such as a proxy or a firewall',
    ],
    [
      302,
      { body: '' },
      'GitHub returned 302: a redirect, which is not followed because that would forward the token',
    ],
  ])('with status %d is an HttpStatusError, and not repeated', async (status, reply, message) => {
    const { read, requests } = createApi([{ ...reply, status }])
    const error = await catchError(read)
    expect(error).toBeInstanceOf(HttpStatusError)
    expect(error).toMatchObject({ status, message })
    expect(requests).toHaveLength(1)
  })

  test('is a ConnectionError without a response, with the same reason', async () => {
    const lost = new ConnectionError('fake loss', 'untrusted')
    const { read, requests } = createApi([lost])
    const error = await catchError(read)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({
      message: 'got no response from GitHub: fake loss',
      failure: 'untrusted',
      mayHaveTakenEffect: false,
    })
    expect(requests).toHaveLength(1)
  })
})
