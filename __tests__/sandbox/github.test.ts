import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import sodium from 'libsodium-wrappers'
import { startSandbox } from '../../sandbox/server.js'
import type { Sandbox } from '../../sandbox/types.js'
import { call as send } from './call.js'

const REPOSITORY_SECRETS = '/repos/octo-org/example/actions/secrets'
const ENVIRONMENT_SECRETS = '/repos/octo-org/example/environments/preview%2F42/secrets'
const ORGANIZATION_SECRETS = '/orgs/octo-org/actions/secrets'
const BASE64 = 'c2VhbGVk'

const EVERY_DESTINATION = [
  ENVIRONMENT_SECRETS,
  ...['actions', 'dependabot', 'codespaces', 'agents'].flatMap((store) => [
    `/repos/octo-org/example/${store}/secrets`,
    `/orgs/octo-org/${store}/secrets`,
  ]),
]

let sandbox: Sandbox

beforeEach(async () => {
  await sodium.ready
  sandbox = await startSandbox()
  sandbox.github.addEnvironment(sandbox.repository, 'preview/42')
})

afterEach(() => sandbox.stop())

/** Calls the stand-in for api.github.com, unless told another base. */
function call(
  method: string,
  path: string,
  { token = sandbox.githubToken, base = sandbox.githubUrl, body = undefined as unknown } = {},
) {
  return send(method, `${base}${path}`, { headers: { authorization: `token ${token}` }, body })
}

/** Seals a value for a destination, with libsodium: the sandbox opens it with something else. */
async function seal(secretsPath: string, value: string) {
  const { body } = await call('GET', `${secretsPath}/public-key`)
  const { key, key_id } = Object(body)
  const { ORIGINAL } = sodium.base64_variants
  const box = sodium.crypto_box_seal(value, sodium.from_base64(key, ORIGINAL))
  return { encrypted_value: sodium.to_base64(box, ORIGINAL), key_id: String(key_id) }
}

describe('sealing', () => {
  test('each destination has a key pair of its own', async () => {
    const keys = await Promise.all(
      EVERY_DESTINATION.map(async (path) => (await call('GET', `${path}/public-key`)).body),
    )
    expect(new Set(keys.map((key) => Object(key).key)).size).toBe(EVERY_DESTINATION.length)
    expect(new Set(keys.map((key) => Object(key).key_id)).size).toBe(EVERY_DESTINATION.length)
  })

  test("another destination's box is accepted when key IDs coincide, and is unusable", async () => {
    sandbox.github.shareKeyIds()
    const body = await seal(REPOSITORY_SECRETS, 'mg_sandbox_x')
    expect(await call('PUT', `${ENVIRONMENT_SECRETS}/A_KEY`, { body })).toMatchObject({
      status: 201,
    })
    expect(sandbox.github.secrets()).toMatchObject([{ environment: 'preview/42', value: null }])
  })
})

describe('what the published schemas reject', () => {
  const refused: [string, string, (sealed: object) => unknown][] = [
    ['no key_id', REPOSITORY_SECRETS, () => ({ encrypted_value: BASE64 })],
    ['no value', ENVIRONMENT_SECRETS, (sealed) => ({ ...sealed, encrypted_value: undefined })],
    ['no base64', REPOSITORY_SECRETS, (sealed) => ({ ...sealed, encrypted_value: 'no base64' })],
    ['an empty value', REPOSITORY_SECRETS, (sealed) => ({ ...sealed, encrypted_value: '' })],
    ['another key', REPOSITORY_SECRETS, (sealed) => ({ ...sealed, key_id: '1' })],
    ['a numeric key_id', REPOSITORY_SECRETS, (sealed) => ({ ...sealed, key_id: 1 })],
    ['an array', REPOSITORY_SECRETS, (sealed) => [sealed]],
    ['a new secret without a value', ORGANIZATION_SECRETS, () => ({ visibility: 'all' })],
    ['no visibility', ORGANIZATION_SECRETS, (sealed) => sealed],
    ['a strange visibility', ORGANIZATION_SECRETS, (sealed) => ({ ...sealed, visibility: 'few' })],
    [
      'ids without selected',
      ORGANIZATION_SECRETS,
      (sealed) => ({ ...sealed, visibility: 'all', selected_repository_ids: [] }),
    ],
    [
      'an unknown id',
      ORGANIZATION_SECRETS,
      (sealed) => ({ ...sealed, visibility: 'selected', selected_repository_ids: [7] }),
    ],
    [
      'a value over 48 KB',
      REPOSITORY_SECRETS,
      (sealed) => ({ ...sealed, encrypted_value: Buffer.alloc(48 * 1024 + 49).toString('base64') }),
    ],
  ]

  test.each(refused)('%s', async (_, path, write) => {
    const body = write(await seal(path, 'mg_sandbox_x'))
    expect(await call('PUT', `${path}/A_KEY`, { body })).toMatchObject({
      status: 422,
      body: { message: expect.any(String), documentation_url: expect.any(String) },
    })
    expect(sandbox.github.secrets()).toEqual([])
  })

  test.each(['1_KEY', 'github_key', 'A-KEY', 'A%20KEY', 'public-key'])(
    'the secret name %s',
    async (name) => {
      const body = await seal(REPOSITORY_SECRETS, 'mg_sandbox_x')
      const { status } = await call('PUT', `${REPOSITORY_SECRETS}/${name}`, { body })
      expect(status).toBe(name === 'public-key' ? 404 : 422)
    },
  )

  test.each([
    ['actions', 201],
    ['dependabot', 201],
    ['codespaces', 422],
    ['agents', 422],
  ])('IDs as text: %s returns %i', async (store, status) => {
    const path = `/orgs/octo-org/${store}/secrets`
    const ids = sandbox.github.repositories().map(({ id }) => String(id))
    const selection = { visibility: 'selected', selected_repository_ids: ids }
    const body = { ...(await seal(path, 'mg_sandbox_x')), ...selection }
    expect(await call('PUT', `${path}/A_KEY`, { body })).toMatchObject({ status })
  })

  test('places that do not exist, Codespaces and agents on GHES among them', async () => {
    for (const path of [
      '/repos/octo-org/none/actions/secrets/public-key',
      '/repos/octo-org/example/environments/none/secrets/public-key',
      '/repos/octo-org/example/environments/preview/42/secrets/public-key',
      '/orgs/none/actions/secrets/public-key',
    ]) {
      expect(await call('GET', path)).toMatchObject({ status: 404, body: { message: 'Not Found' } })
    }
    for (const [store, status] of Object.entries({
      codespaces: 404,
      agents: 404,
      dependabot: 200,
    })) {
      const path = `/orgs/octo-org/${store}/secrets/public-key`
      expect(await call('GET', path)).toMatchObject({ status: 200 })
      expect(await call('GET', path, { base: sandbox.ghesUrl })).toMatchObject({ status })
    }
  })
})

describe("an organization secret's repositories", () => {
  test('an update without IDs clears them', async () => {
    const { id } = sandbox.github.addRepository('octo-org/other')
    sandbox.github.addSecret({
      owner: 'octo-org',
      name: 'A_KEY',
      visibility: 'selected',
      selectedRepositoryIds: [id],
    })
    const path = `${ORGANIZATION_SECRETS}/A_KEY`
    expect(await call('GET', path)).toMatchObject({
      body: {
        visibility: 'selected',
        selected_repositories_url: `${sandbox.githubUrl}${path}/repositories`,
      },
    })
    expect(await call('GET', `${path}/repositories`)).toMatchObject({
      body: { total_count: 1, repositories: [{ id, full_name: 'octo-org/other' }] },
    })
    const sealed = await seal(ORGANIZATION_SECRETS, 'mg_sandbox_new')
    await call('PUT', path, { body: { ...sealed, visibility: 'selected' } })
    expect(sandbox.github.secrets()).toMatchObject([
      { scope: 'organization', value: 'mg_sandbox_new', selectedRepositoryIds: [] },
    ])
  })
})

describe('environments', () => {
  const path = '/repos/octo-org/example/environments'

  test('a write to an existing one removes its protection', async () => {
    sandbox.github.addEnvironment(sandbox.repository, 'production', { wait_timer: 30 })
    await call('PUT', `${path}/Production`, { body: null })
    const kept = sandbox.github.environments().map(({ name, protection }) => [name, protection])
    expect(kept).toEqual([
      ['preview/42', {}],
      ['production', {}],
    ])
  })

  test.each([{ name: 'production' }, { wait_timer: 30 }, []])(
    'the body %j is refused',
    async (body) => {
      expect(await call('PUT', `${path}/new`, { body })).toMatchObject({ status: 422 })
      expect(sandbox.github.environments()).toHaveLength(1)
    },
  )
})
