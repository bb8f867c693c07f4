import { describe, expect, test } from '@jest/globals'
import { outcomeOf, SUCCESS } from '../support/messages.js'
import { LABEL, RUN_ID, type Scenario, SECRET, withAction } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'
import { type TlsWorld, withTls } from '../support/tls-world.js'

const WAYS = ['directly', 'through a proxy'] as const
type Way = (typeof WAYS)[number]

const ENVIRONMENTS = Array.from({ length: 10 }, (_, index) => `preview-${index}`)

const POST = expect.stringMatching(/^POST /)

/** Options of a run that goes one way. */
function goBy(way: Way, { run, proxyUrl }: TlsWorld) {
  return run(way === 'directly' ? {} : { https_proxy: proxyUrl })
}

/** The connections that carried requests to the Management API, and the others. */
function sortConnections({ connections }: TlsWorld) {
  const toJunction = connections.filter(({ requests }) =>
    requests.every((request) => request.includes(' /management/')),
  )
  return { toJunction, toGitHub: connections.filter((one) => !toJunction.includes(one)) }
}

/** Plays the action over TLS. */
function overTls(
  action: Parameters<typeof withAction>[0],
  play: (scenario: Scenario, world: TlsWorld) => Promise<void>,
): () => Promise<void> {
  return () =>
    withAction(action, (scenario) => withTls(scenario.sandbox, (world) => play(scenario, world)))
}

/** Expects that the previous key is revoked, and that only the new key in the outputs is active. */
function expectReplaced({ sandbox }: Scenario, keys: number, key: string | undefined): void {
  expect(sandbox.activeKeys().map((active) => active.key)).toEqual([key])
  expect(sandbox.keys()).toHaveLength(keys)
}

describe('a connection', () => {
  for (const way of WAYS) {
    test.concurrent(
      `is kept for ten targets, ${way}: two to the Management API, ten to GitHub`,
      overTls('. with secrets', async (action, world) => {
        const { sandbox, main, addKey } = action
        addKey()
        for (const name of ENVIRONMENTS) sandbox.github.addEnvironment(sandbox.repository, name)
        const result = await main(
          {
            if_exists: 'replace',
            api_url: world.apiUrl,
            github_api_url: world.githubUrl,
            secret_targets: ENVIRONMENTS.map((name) => `env=${name}`).join('\n'),
          },
          goBy(way, world),
        )
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expectReplaced(action, 2, result.outputs['key'])
        expect(listSecrets(sandbox)).toHaveLength(10)

        const { toJunction, toGitHub } = sortConnections(world)
        expect(toJunction.map(({ requests }) => requests)).toEqual([
          [expect.stringMatching(/^GET /)],
          [POST, expect.stringMatching(/^DELETE /)],
        ])
        expect(toGitHub.length).toBeLessThanOrEqual(10)
        expect(toGitHub.flatMap(({ requests }) => requests)).toHaveLength(30)
        // One that was prepared may have waited too long, and been opened again.
        const tunnels = way === 'directly' ? 0 : world.connections.length
        expect([tunnels, tunnels + 1]).toContain(world.proxied.length)
      }),
    )

    test.concurrent(
      `that the server closes after each response is replaced, ${way}`,
      overTls('. with secrets', async (action, world) => {
        action.addKey()
        world.hangUpAfterResponses()
        const inputs = {
          if_exists: 'replace',
          api_url: world.apiUrl,
          github_api_url: world.githubUrl,
        }
        const result = await action.main(inputs, goBy(way, world))
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expectReplaced(action, 2, result.outputs['key'])
        expect(listSecrets(action.sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
        expect(world.connections.every(({ requests }) => requests.length === 1)).toBe(true)
      }),
    )

    test.concurrent(
      `that brought an error is not used for the retry, ${way}`,
      overTls('revoke', async ({ sandbox, addKey, main, liveLabels }, world) => {
        addKey()
        sandbox.misbehave({ kind: 'status', status: 503, method: 'DELETE', times: 2 })
        const result = await main({ label: LABEL, api_url: world.apiUrl }, goBy(way, world))
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(liveLabels()).toEqual([])
        expect(world.connections.map(({ requests }) => requests.length)).toEqual([2, 1, 1])
      }),
    )

    test.concurrent(
      `that went stale while idle is replaced, ${way}, and never carries a create`,
      overTls('.', async (action, world) => {
        action.addKey()
        world.resetReused()
        const inputs = { if_exists: 'replace', api_url: world.apiUrl }
        const result = await action.main(inputs, goBy(way, world))
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expectReplaced(action, 2, result.outputs['key'])
        expect(world.connections).toHaveLength(3)
      }),
    )

    test.concurrent(
      `that was prepared carries the create, ${way}; one that is reset before is replaced by a new one`,
      overTls('.', async ({ sandbox, main }, world) => {
        for (const then of ['keep', 'reset'] as const) {
          world.awaitPrepared(then)
          const inputs = { label: `${LABEL}-${then}-${RUN_ID}`, api_url: world.apiUrl }
          const result = await main(inputs, goBy(way, world))
          expect(outcomeOf(result)).toEqual(SUCCESS)
          expect(result.shown.join('\n')).not.toContain('Looking for a key')
        }
        const keys = sandbox.activeKeys().map(({ label }) => label)
        expect(keys).toEqual(['keep', 'reset'].map((then) => `${LABEL}-${then}-${RUN_ID}`))
        const requests = [[expect.stringMatching(/^GET /)], [POST]]
        expect(world.connections.map((one) => one.requests)).toEqual([...requests, ...requests])
        expect(world.handshakes).toBe(5)
      }),
    )

    test.concurrent(
      `that breaks after the create request, ${way}, is followed by a new one that looks for the key`,
      overTls('.', async (action, world) => {
        const { sandbox, main } = action
        world.awaitPrepared('keep')
        sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
        const inputs = { label: `${LABEL}-${RUN_ID}`, api_url: world.apiUrl }
        const result = await main(inputs, goBy(way, world))
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expectReplaced(action, 2, result.outputs['key'])
        for (const { requests } of world.connections) {
          expect(requests.slice(1)).not.toContainEqual(POST)
        }
      }),
    )

    test.concurrent(
      `that is spoiled when it is used again, ${way}, is a lost response and no question of trust`,
      overTls('revoke', async ({ addKey, main, liveLabels }, world) => {
        addKey()
        world.spoilAnswer('DELETE')
        const result = await main({ label: LABEL, api_url: world.apiUrl }, goBy(way, world))
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(liveLabels()).toEqual([])
        expect(result.shown.join('\n')).not.toContain('NODE_EXTRA_CA_CERTS')
      }),
    )

    test.concurrent(
      `that breaks inside a response is replaced, ${way}`,
      overTls('revoke', async ({ sandbox, addKey, main, liveLabels }, world) => {
        addKey()
        addKey()
        sandbox.misbehave({ kind: 'truncate', method: 'DELETE' })
        const result = await main({ label: LABEL, api_url: world.apiUrl }, goBy(way, world))
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(liveLabels()).toEqual([])
      }),
    )
  }

  test.concurrent(
    'is kept while many keys are revoked, six at the same time',
    overTls('revoke', async ({ addKey, main, liveLabels }, world) => {
      for (let count = 0; count < 20; count += 1) addKey()
      const result = await main({ label: LABEL, api_url: world.apiUrl }, world.run({}))
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(result.stderr).toBe('')
      expect(liveLabels()).toEqual([])
      expect(world.connections.length).toBeGreaterThan(1)
      expect(world.connections.length).toBeLessThanOrEqual(6)
    }),
  )
})
