import { describe, expect, test } from '@jest/globals'
import { HttpStatusError } from '../../src/core/errors.js'
import { connectGitHub } from '../../src/github/client.js'
import {
  catchError,
  createFakeExchange,
  FAKE_API_URL,
  type FakeReply,
  fakeClientPorts,
} from '../support/fakes.js'

const READERS = { 200: () => 'read' }

const WORDS = {
  forbid: (permission: string) => `fake: needs ${permission}`,
  move: (from: string, to: string) => `fake: ${from} → ${to}`,
}

/** A client of GitHub's API that gets these replies in order. */
function createApi(replies: readonly FakeReply[]) {
  const { exchange, requests } = createFakeExchange(replies)
  const ports = fakeClientPorts(exchange)
  const address = { githubApiUrl: FAKE_API_URL, githubToken: 'fake-token' }
  const api = connectGitHub(address, ports, WORDS)
  const all = {
    owner: 'fake-owner',
    repo: 'fake-repo',
    org: 'o',
    environment_name: 'new',
    secret_name: 's',
  }
  const request = (route: string) => {
    const used = Object.entries(all).filter(([name]) => route.includes(`{${name}}`))
    return api.request(route, Object.fromEntries(used), READERS)
  }
  const read = () => request('GET /repos/{owner}/{repo}')
  return { ...ports, read, request, requests }
}

describe('an error of GitHub’s', () => {
  test.each<[number, FakeReply, string]>([
    [
      404,
      { body: { message: 'Not Found' } },
      'GitHub returned 404: Not Found. It does not exist, or github_token does not have access (it needs metadata: read)',
    ],
    [422, { body: { message: 'Invalid' } }, 'GitHub returned 422: Invalid'],
    [
      302,
      { body: '' },
      'GitHub returned 302: a redirect to another address, which is not followed because that would forward the token; set github_api_url to the final address',
    ],
  ])('with status %d is an HttpStatusError, and not repeated', async (status, reply, message) => {
    const { read, requests } = createApi([{ ...reply, status }])
    const error = await catchError(read)
    expect(error).toBeInstanceOf(HttpStatusError)
    expect(error).toMatchObject({ status, message })
    expect(requests).toHaveLength(1)
  })
})

describe('a refusal (403)', () => {
  const refuse = (message: string): FakeReply => ({ status: 403, body: { message } })

  test.each([
    ['GET /repos/{owner}/{repo}/actions/secrets/public-key', 'secrets: write'],
    ['GET /repos/{owner}/{repo}/dependabot/secrets/{secret_name}', 'dependabot_secrets: write'],
    ['GET /orgs/{org}/actions/secrets/public-key', 'organization_secrets: write'],
    ['GET /orgs/{org}/codespaces/secrets/public-key', 'organization_codespaces_secrets: write'],
    [
      'GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/public-key',
      'environments: write',
    ],
    ['GET /repos/{owner}/{repo}/environments/{environment_name}', 'actions: read'],
    ['PUT /repos/{owner}/{repo}/environments/{environment_name}', 'administration: write'],
    ['GET /repos/{owner}/{repo}/pulls/7', 'pull-requests: read'],
  ])('of %s names the permission that the work needs: %s', async (route, permission) => {
    const { request } = createApi([refuse('Must have admin rights.')])
    const error = await catchError(() => request(route))
    expect(String(error)).toMatch(new RegExp(`rights\\. fake: needs ${permission}$`))
  })
})

describe('a new token', () => {
  const UNKNOWN: FakeReply = { status: 401, body: { message: 'Bad credentials' } }
  const INACCESSIBLE = {
    status: 403,
    body: { message: 'Resource not accessible by integration' },
  }

  test('may be refused for some seconds, also after a success', async () => {
    const { read, clock } = createApi([{}, UNKNOWN, INACCESSIBLE, {}])
    expect([await read(), await read()]).toEqual(['read', 'read'])
    expect(clock.slept).toEqual([1_000, 1_000])
  })

  test.each([UNKNOWN, INACCESSIBLE])('is believed after five seconds: %j', async (reply) => {
    const { read, clock, requests } = createApi([{}, reply])
    await read()
    await clock.sleep(5_000)
    expect(await catchError(read)).toMatchObject({ status: reply.status })
    expect(requests).toHaveLength(2)
  })

  test.each<FakeReply>([
    { status: 404 },
    { status: 403, body: { message: 'Must have admin rights' } },
    { status: 401, body: '<html>' },
  ])('is not what this refusal is about: %j', async (reply) => {
    const { read, requests } = createApi([reply])
    expect(await catchError(read)).toBeInstanceOf(HttpStatusError)
    expect(requests).toHaveLength(1)
  })
})

describe('a new environment', () => {
  const ENVIRONMENT = '/repos/{owner}/{repo}/environments/{environment_name}'
  const MISSING: FakeReply = { status: 404 }

  test('has no secrets at first', async () => {
    const { request, clock } = createApi([{}, MISSING])
    await request(`PUT ${ENVIRONMENT}`)
    const reading = request(`GET ${ENVIRONMENT}/secrets/{secret_name}`)
    expect(await catchError(() => reading)).toMatchObject({ status: 404 })
    expect(clock.slept).toEqual([])
  })

  test('is one that this client created, not only read', async () => {
    const { request, clock } = createApi([{}, MISSING])
    await request(`GET ${ENVIRONMENT}`)
    const reading = request(`GET ${ENVIRONMENT}/secrets/public-key`)
    expect(await catchError(() => reading)).toMatchObject({ status: 404 })
    expect(clock.slept).toEqual([])
  })
})

describe('a repository that was renamed or transferred', () => {
  const MOVED: FakeReply = {
    status: 301,
    body: { message: 'Moved Permanently' },
    headers: { location: 'https://api.github.example/repositories/42/actions' },
  }

  test('is named without it when it cannot be read', async () => {
    const { read } = createApi([MOVED, { status: 404, body: { message: 'Not Found' } }])
    expect(await catchError(read)).toMatchObject({
      message: expect.stringMatching(
        /renamed or transferred; its new name could not be read: GitHub returned 404/,
      ),
    })
  })
})
