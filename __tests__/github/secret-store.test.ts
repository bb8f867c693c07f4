import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Sandbox, startSandbox } from '../../sandbox/server.js'
import { connectGitHub } from '../../src/github/octokit.js'
import { openSecretStore, type SecretStore } from '../../src/github/secret-store.js'

const PUBLIC_KEY = '/repos/octo-org/example/actions/secrets/public-key'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})

afterEach(() => sandbox.stop())

function openStore(): SecretStore {
  const { githubUrl: githubApiUrl, githubToken } = sandbox
  const log: string[] = []
  const api = connectGitHub({ githubApiUrl, githubToken, timeoutMs: 5_000 }, (line) => {
    log.push(line)
  })
  return openSecretStore(api, {
    kind: 'repository',
    repository: 'octo-org/example',
    app: 'actions',
  })
}

describe('a destination’s public key', () => {
  test('is 32 bytes with the id that GitHub knows it by', async () => {
    const { keyId, bytes } = await openStore().readSealingKey()
    expect(keyId).toMatch(/^\d+$/)
    expect(bytes).toHaveLength(32)
  })

  test('has an id that may be a number, as some servers send it', async () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    sandbox.misbehave({ kind: 'status', status: 200, body: { key_id: 42, key } })
    expect((await openStore().readSealingKey()).keyId).toBe('42')
  })

  test.each([
    ['too-long', /base64 of 33 bytes where 32 belong/],
    ['not-base64', /is not one/],
    ['missing', /holds no public key/],
  ] as const)('that is %s is refused', async (flaw, message) => {
    sandbox.github.breakPublicKey({ path: PUBLIC_KEY, flaw })
    await expect(openStore().readSealingKey()).rejects.toThrow(message)
  })

  test.each([
    ['31 bytes', { key_id: '1', key: Buffer.alloc(31, 7).toString('base64') }, /31 bytes/],
    ['no bytes', { key_id: '1', key: '' }, /0 bytes/],
    ['hex', { key_id: '1', key: Buffer.alloc(32, 7).toString('hex') }, /is not one/],
    [
      'base64 with a sign that is none',
      { key_id: '1', key: `*${Buffer.alloc(32, 7).toString('base64')}` },
      /is not one/,
    ],
    [
      'base64 for URLs',
      { key_id: '1', key: `${Buffer.alloc(32, 255).toString('base64url')}=` },
      /is not one/,
    ],
    ['no id', { key: Buffer.alloc(32, 7).toString('base64') }, /holds no public key/],
    ['an empty id', { key_id: '', key: Buffer.alloc(32, 7).toString('base64') }, /no public key/],
    ['a list', [], /holds no public key/],
    ['text', 'pong', /holds no public key/],
  ])('that is %s is refused', async (_what, body, message) => {
    sandbox.misbehave({ kind: 'status', status: 200, body })
    await expect(openStore().readSealingKey()).rejects.toThrow(message)
  })
})

describe('a secret', () => {
  test('that is there tells when it was written', async () => {
    const { updatedAt } = sandbox.github.addSecret({
      owner: 'octo-org',
      repo: 'example',
      name: 'A_KEY',
    })
    const store = openStore()
    expect(await store.readFacts('A_KEY')).toEqual({ updatedAt, visibility: undefined })
    expect(await store.readFacts('B_KEY')).toBeUndefined()
  })

  test('that is gone already counts as deleted', async () => {
    await expect(openStore().remove('A_KEY')).resolves.toBe('gone')
    expect(sandbox.requests).toMatchObject([{ method: 'DELETE', status: 404 }])
  })
})

describe('the repositories selected for an organisation’s secret', () => {
  const answer = (body: unknown) => sandbox.misbehave({ kind: 'status', status: 200, body })
  const list = () => openStore().listSelected('A_KEY')

  test('are read to the end of the count, however short the pages', async () => {
    answer({ total_count: 3, repositories: [{ id: 1 }, { id: 2 }] })
    answer({ total_count: 3, repositories: [{ id: 3 }] })
    expect(await list()).toEqual([1, 2, 3])
  })

  test.each([
    ['fewer than are counted', { total_count: 2, repositories: [] }],
    ['one without an id', { total_count: 1, repositories: [{ name: 'fake' }] }],
    ['no count', { repositories: [{ id: 1 }] }],
    ['no list', { total_count: 1 }],
  ])('are not guessed: %s', async (_what, body) => {
    answer(body)
    await expect(list()).rejects.toThrow(/^GitHub/)
  })
})
