import { describe, expect, test } from '@jest/globals'
import { UnreadableResponseError } from '../../src/core/errors.js'
import { connectGitHub, type GitHubAddress } from '../../src/github/client.js'
import { listAll } from '../../src/github/pages.js'
import { connectSecrets } from '../../src/github/secrets.js'
import type { Exchange } from '../../src/http/exchange.js'
import { FAKE_API_URL, fakeClientPorts } from '../support/fakes.js'

const ADDRESS: GitHubAddress = { githubApiUrl: FAKE_API_URL, githubToken: 'fake-token' }

const WORDS = { forbid: () => 'fake', move: () => 'fake' }

const TARGET = {
  destination: { kind: 'repository', repository: 'octo-org/example', app: 'actions' },
  name: 'A_KEY',
} as const

/** An exchange with these responses in order, the last of them to everything that follows. */
function answer(...bodies: readonly unknown[]): Exchange {
  const left = bodies.map((body) => JSON.stringify(body))
  return async () => {
    const [body = ''] = left.length > 1 ? left.splice(0, 1) : left
    return { status: 200, headers: {}, body }
  }
}

describe('a list on several pages', () => {
  const list = (exchange: Exchange) => {
    const api = connectGitHub(ADDRESS, fakeClientPorts(exchange), WORDS)
    const readId = ({ id }: Readonly<Record<string, unknown>>) =>
      typeof id === 'number' ? id : undefined
    return listAll(api, '/fake', {}, 'repositories', readId)
  }

  test('is read to the end of the count, however short the pages', async () => {
    const pages = [
      { total_count: 3, repositories: [{ id: 1 }, { id: 2 }] },
      { total_count: 3, repositories: [{ id: 3 }] },
    ]
    expect(await list(answer(...pages))).toEqual([1, 2, 3])
  })

  test.each([
    ['fewer than are counted', { total_count: 2, repositories: [] }],
    ['one without an id', { total_count: 2, repositories: [{ id: 1 }, { name: 'fake' }] }],
    ['no count', { repositories: [{ id: 1 }] }],
    ['no list', { total_count: 1 }],
  ])('is not guessed: %s', async (_what, body) => {
    const listing = list(answer(body))
    await expect(listing).rejects.toThrow(UnreadableResponseError)
    await expect(listing).rejects.toThrow(/^GitHub/)
  })

  test('is given up when it does not end', async () => {
    let requests = 0
    const endless: Exchange = async () => {
      requests += 1
      const data = { total_count: 1_000_000, repositories: [{ id: requests }] }
      return { status: 200, headers: {}, body: JSON.stringify(data) }
    }
    await expect(list(endless)).rejects.toThrow(
      "GitHub's list of repositories has more than 1000 pages",
    )
    expect(requests).toBe(1_000)
  })
})

describe('a secret', () => {
  test('is hidden, sealed, before it is sent', async () => {
    const hidden: string[] = []
    const sent: unknown[] = []
    const exchange: Exchange = async ({ body = '' }) => {
      const { encrypted_value: sealed } = JSON.parse(body)
      sent.push(sealed)
      expect(hidden).toEqual([sealed])
      return { status: 201, headers: {}, body: '' }
    }
    const hide = (secret: string) => hidden.push(secret)
    const secrets = connectSecrets(ADDRESS, { ...fakeClientPorts(exchange), hide })
    const key = { keyId: '1', bytes: Buffer.alloc(32, 7) }
    const prepared = { target: TARGET, key, metadata: undefined, access: undefined }
    expect(await secrets.write(prepared, 'fake')).toBe('created')
    expect(sent).toHaveLength(1)
  })

  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['fake words', undefined],
    ['1'.repeat(41), undefined],
  ])('was written at a time that can be saved: %s', async (updated_at, updatedAt) => {
    const ports = fakeClientPorts(answer({ name: 'A_KEY', updated_at }))
    const secrets = connectSecrets(ADDRESS, { ...ports, hide: () => undefined })
    expect(await secrets.readMetadata(TARGET)).toMatchObject({ updatedAt })
  })
})
