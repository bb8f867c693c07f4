import { describe, expect, test } from '@jest/globals'
import { ConnectionError, HttpStatusError, UnreadableResponseError } from '../../src/core/errors.js'
import { connectGitHub } from '../../src/github/client.js'
import {
  catchError,
  createFakeClock,
  createFakeExchange,
  FAKE_API_URL,
  type FakeReply,
} from '../support/fakes.js'

const PATH = '/management/repos/fake-owner/fake-repo'
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

  test('is an UnreadableResponseError for an unexpected success', async () => {
    const { read, requests } = createApi(Array(4).fill({ status: 202 }))
    const error = await catchError(read)
    expect(error).toBeInstanceOf(UnreadableResponseError)
    expect(error).toMatchObject({
      message:
        "GitHub's response is unreadable after 4 attempts: the status is 202, and only 200 confirms the request",
    })
    expect(requests).toHaveLength(4)
  })
})

describe('a request to GitHub', () => {
  test('is tried four times, each one logged', async () => {
    const lost = new ConnectionError('fake loss', 'broken')
    const { read, clock, debugged } = createApi([
      lost,
      { status: 503 },
      { status: 503, headers: { 'retry-after': '9' } },
      { status: 200 },
    ])
    expect(await read()).toBe('read')
    expect(clock.slept).toEqual([1_000, 2_000, 9_000])
    expect(debugged).toEqual([
      `GET ${PATH} → fake loss in 0 ms (attempt 1)`,
      `GET ${PATH} → 503 in 0 ms (attempt 2)`,
      `GET ${PATH} → 503 in 0 ms (attempt 3)`,
      `GET ${PATH} → 200 in 0 ms (attempt 4)`,
    ])
  })

  const primary = (seconds: number) => ({
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + seconds),
  })
  const SECONDARY = { message: 'You have exceeded a secondary rate limit' }
  test.each<[string, FakeReply, number]>([
    ['a secondary limit', { status: 403, body: SECONDARY }, 60_000],
    [
      'a secondary limit that names its end',
      { status: 429, body: SECONDARY, headers: { 'retry-after': '7' } },
      7_000,
    ],
    ['a 403 with Retry-After', { status: 403, headers: { 'retry-after': '7' } }, 7_000],
    ['a 429 that names no time', { status: 429 }, 1_000],
  ])('waits for the end of %s', async (_what, limit, pause) => {
    const { read, clock } = createApi([limit, { status: 200 }])
    expect(await read()).toBe('read')
    expect(clock.slept).toEqual([pause])
  })

  test('waits for the end of a primary limit', async () => {
    const { read, clock } = createApi([{ status: 403, headers: primary(30) }, { status: 200 }])
    expect(await read()).toBe('read')
    expect(clock.slept[0]).toBeGreaterThanOrEqual(29_000)
    expect(clock.slept[0]).toBeLessThanOrEqual(32_000)
  })

  test.each<[string, FakeReply]>([
    ['a primary limit', { status: 429, headers: primary(600) }],
    ['a secondary limit', { status: 403, body: SECONDARY, headers: { 'retry-after': '121' } }],
  ])('does not wait longer than two minutes for %s', async (_what, limit) => {
    const { read, clock, requests } = createApi([limit])
    expect(await catchError(read)).toBeInstanceOf(HttpStatusError)
    expect([requests.length, clock.slept]).toEqual([1, []])
  })
})
