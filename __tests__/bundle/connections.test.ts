import { describe, expect } from '@jest/globals'
import { LABEL, RUN_ID, type Scenario, SECRET, testExtended } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'
import { type TlsWorld, withTls } from '../support/tls-world.js'

type World = Scenario & TlsWorld

const test = testExtended('.', withTls)
const testSecrets = testExtended('. with secrets', withTls)
const testRevoke = testExtended('revoke', withTls)

const ENVIRONMENTS = Array.from({ length: 10 }, (_, index) => `preview-${index}`)

const POST = expect.stringMatching(/^POST /)

function succeedBy(way: string, world: World, inputs: Record<string, string>) {
  const { succeed, run, proxyUrl, apiUrl, githubUrl } = world
  const there = { api_url: apiUrl, github_api_url: githubUrl }
  return succeed({ ...there, ...inputs }, run(way === 'directly' ? {} : { https_proxy: proxyUrl }))
}

/** Creates a key and expects that it is the active one of two. */
async function createSecond(way: string, world: World, inputs: Record<string, string>) {
  const { outputs } = await succeedBy(way, world, inputs)
  expect(world.sandbox.activeKeys().map(({ key }) => key)).toEqual([outputs['key']])
  expect(world.sandbox.keys()).toHaveLength(2)
}

async function revokeAll(way: string, world: World) {
  const result = await succeedBy(way, world, { label: LABEL })
  expect(world.liveLabels()).toEqual([])
  return result
}

describe.each(['directly', 'through a proxy'])('a connection, %s,', (way) => {
  testSecrets(
    'is kept for ten targets: two to the Management API, ten to GitHub',
    async (world) => {
      const { sandbox, addKey, proxied } = world
      addKey()
      for (const name of ENVIRONMENTS) sandbox.github.addEnvironment(sandbox.repository, name)
      const secret_targets = ENVIRONMENTS.map((name) => `env=${name}`).join('\n')
      await createSecond(way, world, { if_exists: 'replace', secret_targets })
      expect(listSecrets(sandbox)).toHaveLength(10)

      const [toJunction, toGitHub] = [true, false].map((isJunction) =>
        world
          .connections()
          .filter(
            ({ requests }) => requests.every((one) => one.includes(' /management/')) === isJunction,
          ),
      )
      expect(toJunction?.map(({ requests }) => requests)).toEqual([
        [expect.stringMatching(/^GET /)],
        [POST, expect.stringMatching(/^DELETE /)],
      ])
      expect(toGitHub?.length).toBeLessThanOrEqual(10)
      expect(toGitHub?.flatMap(({ requests }) => requests)).toHaveLength(30)
      // One that was prepared may have waited too long, and been opened again.
      const tunnels = way === 'directly' ? 0 : world.connections().length
      expect([tunnels, tunnels + 1]).toContain(proxied.length)
    },
  )

  testSecrets('that the server closes after each response is replaced', async (world) => {
    world.addKey()
    world.faults.isHangingUp = true
    await createSecond(way, world, { if_exists: 'replace' })
    expect(listSecrets(world.sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
    expect(world.connections().every(({ requests }) => requests.length === 1)).toBe(true)
  })

  test('that went stale while idle is replaced, and never carries a create', async (world) => {
    world.addKey()
    world.faults.isResettingReused = true
    await createSecond(way, world, { if_exists: 'replace' })
    expect(world.connections()).toHaveLength(3)
  })

  test('that was prepared carries the create; one that is reset before is replaced by a new one', async (world) => {
    for (const then of ['keep', 'reset'] as const) {
      world.faults.awaited = then
      const result = await succeedBy(way, world, { label: `${LABEL}-${then}-${RUN_ID}` })
      expect(result.shown.join('\n')).not.toContain('Looking for a key')
    }
    expect(world.liveLabels()).toEqual(
      ['keep', 'reset'].map((then) => `${LABEL}-${then}-${RUN_ID}`),
    )
    const requests = [[expect.stringMatching(/^GET /)], [POST]]
    expect(world.connections().map((one) => one.requests)).toEqual([...requests, ...requests])
    expect(world.handshakes()).toBe(5)
  })

  test('that breaks after the create request is followed by a new one that looks for the key', async (world) => {
    world.faults.awaited = 'keep'
    world.sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    await createSecond(way, world, { label: `${LABEL}-${RUN_ID}` })
    for (const { requests } of world.connections()) {
      expect(requests.slice(1)).not.toContainEqual(POST)
    }
  })

  testRevoke('that brought an error is not used for the retry', async (world) => {
    world.addKey()
    world.sandbox.misbehave({ kind: 'status', status: 503, method: 'DELETE', times: 2 })
    await revokeAll(way, world)
    expect(world.connections().map(({ requests }) => requests.length)).toEqual([2, 1, 1])
  })

  testRevoke(
    'that is spoiled when used again is a lost response, not a lack of trust',
    async (world) => {
      world.addKey()
      world.faults.spoiled = 'DELETE'
      const { shown } = await revokeAll(way, world)
      expect(shown.join('\n')).not.toContain('NODE_EXTRA_CA_CERTS')
    },
  )

  testRevoke('that breaks inside a response is replaced', async (world) => {
    world.addKey()
    world.addKey()
    world.sandbox.misbehave({ kind: 'truncate', method: 'DELETE' })
    await revokeAll(way, world)
  })
})

testRevoke('connections are kept while many keys are revoked, six at a time', async (world) => {
  for (let count = 0; count < 20; count += 1) world.addKey()
  expect((await revokeAll('directly', world)).stderr).toBe('')
  expect(world.connections().length).toBeGreaterThan(1)
  expect(world.connections().length).toBeLessThanOrEqual(6)
})
