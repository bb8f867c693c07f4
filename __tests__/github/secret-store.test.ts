import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startSandbox } from '../../sandbox/server.js'
import type { Sandbox } from '../../sandbox/types.js'
import { UnreadableResponseError } from '../../src/core/errors.js'
import { connectGitHub, type GitHubApi } from '../../src/github/client.js'
import { openSecretStore, type SecretStore } from '../../src/github/secret-store.js'
import { createExchange, type Exchange } from '../../src/http/exchange.js'
import { createFakeClock } from '../support/fakes.js'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})

afterEach(() => sandbox.stop())

const WORDS = {
  forbid: (permission: string) => `fake: needs ${permission}`,
  move: (from: string, to: string) => `fake: ${from} → ${to}`,
}

function connect(exchange: Exchange = createExchange(sandbox.githubUrl, 5_000)): GitHubApi {
  const { githubUrl: githubApiUrl, githubToken } = sandbox
  const ports = {
    exchange,
    clock: createFakeClock(),
    debug: () => undefined,
    scrub: (text: string) => text,
    info: () => undefined,
  }
  return connectGitHub({ githubApiUrl, githubToken }, ports, WORDS)
}

/** A GitHub with the same response to everything. */
function answerAll(status: number, data: unknown): GitHubApi {
  return connect(async () => ({ status, headers: {}, body: JSON.stringify(data) }))
}

function openStore(api: GitHubApi = connect()): SecretStore {
  const repository = 'octo-org/example'
  return openSecretStore(api, { kind: 'repository', repository, app: 'actions' }, () => undefined)
}

describe('a destination’s public key', () => {
  test('has an id that may be a number, as some servers send it', async () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    sandbox.misbehave({ kind: 'status', status: 200, body: { key_id: 42, key } })
    expect((await openStore().readSealingKey()).keyId).toBe('42')
  })

  test.each([
    [
      '33 bytes',
      { key_id: '1', key: Buffer.alloc(33, 7).toString('base64') },
      /base64 of 33 bytes instead of 32/,
    ],
    ['31 bytes', { key_id: '1', key: Buffer.alloc(31, 7).toString('base64') }, /31 bytes/],
    ['no key', { key_id: '1' }, /contains no public key/],
    ['no bytes', { key_id: '1', key: '' }, /0 bytes/],
    ['hex', { key_id: '1', key: Buffer.alloc(32, 7).toString('hex') }, /is invalid/],
    [
      'base64 with an invalid character',
      { key_id: '1', key: `*${Buffer.alloc(32, 7).toString('base64')}` },
      /is invalid/,
    ],
    [
      'base64 for URLs',
      { key_id: '1', key: `${Buffer.alloc(32, 255).toString('base64url')}=` },
      /is invalid/,
    ],
    ['no id', { key: Buffer.alloc(32, 7).toString('base64') }, /contains no public key/],
    ['an empty id', { key_id: '', key: Buffer.alloc(32, 7).toString('base64') }, /no public key/],
    ['a list', [], /contains no public key/],
    ['text', 'pong', /contains no public key/],
  ])('that is %s is refused', async (_what, body, message) => {
    const reading = openStore(answerAll(200, body)).readSealingKey()
    await expect(reading).rejects.toThrow(UnreadableResponseError)
    await expect(reading).rejects.toThrow(message)
  })
})

describe('the repositories selected for an organization’s secret', () => {
  const answer = (body: unknown) => sandbox.misbehave({ kind: 'status', status: 200, body })

  test('are read to the end of the count, however short the pages', async () => {
    answer({ total_count: 3, repositories: [{ id: 1 }, { id: 2 }] })
    answer({ total_count: 3, repositories: [{ id: 3 }] })
    expect(await openStore().listSelected('A_KEY')).toEqual([1, 2, 3])
  })

  test.each([
    ['fewer than are counted', { total_count: 2, repositories: [] }],
    ['one without an id', { total_count: 1, repositories: [{ name: 'fake' }] }],
    ['no count', { repositories: [{ id: 1 }] }],
    ['no list', { total_count: 1 }],
  ])('are not guessed: %s', async (_what, body) => {
    const listing = openStore(answerAll(200, body)).listSelected('A_KEY')
    await expect(listing).rejects.toThrow(UnreadableResponseError)
    await expect(listing).rejects.toThrow(/^GitHub/)
  })
  test('are given up when the list does not end', async () => {
    let requests = 0
    const api = connect(async () => {
      requests += 1
      const data = { total_count: 1_000_000, repositories: [{ id: requests }] }
      return { status: 200, headers: {}, body: JSON.stringify(data) }
    })
    await expect(openStore(api).listSelected('A_KEY')).rejects.toThrow(
      "GitHub's list of repositories has more than 1000 pages",
    )
    expect(requests).toBe(1_000)
  })
})

describe('a secret', () => {
  const repository = { kind: 'repository', repository: 'octo-org/example', app: 'actions' } as const

  test('is hidden, sealed, before it is sent', async () => {
    const hidden: string[] = []
    const sent: unknown[] = []
    const api = connect(async ({ body = '' }) => {
      const { encrypted_value: sealed } = JSON.parse(body)
      sent.push(sealed)
      expect(hidden).toEqual([sealed])
      return { status: 201, headers: {}, body: '' }
    })
    const store = openSecretStore(api, repository, (secret) => hidden.push(secret))
    const bytes = Buffer.alloc(32, 7)
    expect(await store.write('A_KEY', 'fake', { keyId: '1', bytes }, undefined)).toBe('created')
    expect(sent).toHaveLength(1)
  })

  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['fake words', undefined],
    ['1'.repeat(41), undefined],
  ])('was written at a time that can be saved: %s', async (updated_at, updatedAt) => {
    const store = openStore(answerAll(200, { name: 'A_KEY', updated_at }))
    expect(await store.readMetadata('A_KEY')).toMatchObject({ updatedAt })
  })
})
