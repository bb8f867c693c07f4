import { describe, expect, test } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { RUN_ID, withScenario } from '../support/scenario.js'
import { withTls } from '../support/tls-world.js'
import { findErrors } from '../support/watched-keys.js'

describe('TLS', () => {
  test.concurrent('a private authority is trusted when NODE_EXTRA_CA_CERTS names it', () =>
    withScenario(({ sandbox, main, post }) =>
      withTls(sandbox, async ({ apiUrl, proxied, run }) => {
        const created = await main({ api_url: apiUrl }, run({}))
        expect([created.exitCode, findErrors(created)]).toEqual([0, []])
        expect(created.outputs['key']).toBe(sandbox.liveKeys()[0]?.key)
        const cleaned = await post(created, { api_url: apiUrl, revoke: 'always' }, run({}))
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        expect(sandbox.liveKeys()).toEqual([])
        expect(proxied).toEqual([])
      }),
    ))

  test.concurrent.each([{ if_exists: 'create' }, { if_exists: 'replace' }])(
    'a certificate that nobody vouches for is one clear error, at once: %o',
    (inputs) =>
      withScenario(({ sandbox, main }) =>
        withTls(sandbox, async ({ apiUrl, run }) => {
          const refused = await main({ ...inputs, api_url: apiUrl }, run({}, false))
          expect(refused.exitCode).toBe(1)
          expect(findErrors(refused)).toEqual([
            expect.stringMatching(/certificate is not trusted.*NODE_EXTRA_CA_CERTS/),
          ])
          expect(refused.lines.filter((line) => line.includes('(attempt '))).toHaveLength(1)
          expect(sandbox.requests).toEqual([])
        }),
      ),
  )

  test.concurrent('a certificate for another name is one clear error, at once', () =>
    withScenario(({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, run }) => {
        const api_url = apiUrl.replace(/\/\/[^:]+/, '//localhost')
        const refused = await main({ api_url }, run({}))
        expect(refused.exitCode).toBe(1)
        expect(findErrors(refused)).toEqual([expect.stringContaining('certificate')])
        expect(refused.lines.filter((line) => line.includes('(attempt '))).toHaveLength(1)
        expect(sandbox.requests).toEqual([])
      }),
    ))

  test.concurrent.each(['directly', 'through a proxy'])(
    'a connection spoiled after the create, %s, is a lost answer and no question of trust',
    (way) =>
      withScenario(({ sandbox, main }) =>
        withTls(sandbox, async ({ apiUrl, proxyUrl, spoilAnswer, run }) => {
          spoilAnswer()
          const options = run(way === 'directly' ? {} : { https_proxy: proxyUrl })
          const label = `preview-${RUN_ID}`
          const created = await main({ api_url: apiUrl, label }, options)
          expect([created.exitCode, findErrors(created)]).toEqual([0, []])
          expect(sandbox.keys()).toHaveLength(2)
          expect(sandbox.liveKeys().map(({ key }) => key)).toEqual([created.outputs['key']])
          expect(created.shown.join('\n')).not.toContain('NODE_EXTRA_CA_CERTS')
        }),
      ),
  )
})

describe('a proxy', () => {
  test.concurrent.each(['https_proxy', 'HTTPS_PROXY'])(
    'named by %s is used in main and in post',
    (variable) =>
      withScenario(({ sandbox, main, post }) =>
        withTls(sandbox, async ({ apiUrl, authority, proxyUrl, proxied, run }) => {
          const options = run({ [variable]: proxyUrl })
          const created = await main({ api_url: apiUrl }, options)
          expect([created.exitCode, findErrors(created)]).toEqual([0, []])
          expect(proxied).toEqual([`CONNECT ${authority}`])
          const cleaned = await post(created, { api_url: apiUrl, revoke: 'always' }, options)
          expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
          expect(proxied).toEqual([`CONNECT ${authority}`, `CONNECT ${authority}`])
          expect(sandbox.liveKeys()).toEqual([])
        }),
      ),
  )

  test.concurrent('keeps its password out of the log', () =>
    withScenario(({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, proxied, run }) => {
        const password = 'correct-horse-battery'
        const https_proxy = proxyUrl.replace('//', `//agent:${password}@`)
        const created = await main({ api_url: apiUrl }, run({ https_proxy }))
        expect(created.exitCode).toBe(0)
        expect(proxied).toHaveLength(1)
        expect(findLeaks(created, [password, `agent:${password}`])).toEqual([])
      }),
    ))

  test.concurrent('is passed by when no_proxy holds the server', () =>
    withScenario(({ sandbox, main, post }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, proxied, run }) => {
        const options = run({ https_proxy: proxyUrl, no_proxy: 'example.org,.junction.test' })
        const created = await main({ api_url: apiUrl }, options)
        expect([created.exitCode, findErrors(created)]).toEqual([0, []])
        expect(
          (await post(created, { api_url: apiUrl, revoke: 'always' }, options)).annotations,
        ).toEqual([])
        expect(sandbox.liveKeys()).toEqual([])
        expect(proxied).toEqual([])
      }),
    ))

  test.concurrent('that lets nothing through but a certificate of its own is an untrusted one', () =>
    withScenario(({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, proxied, run }) => {
        const refused = await main({ api_url: apiUrl }, run({ https_proxy: proxyUrl }, false))
        expect(refused.exitCode).toBe(1)
        expect(findErrors(refused)).toEqual([expect.stringContaining('not trusted')])
        expect(proxied).toHaveLength(1)
      }),
    ))
})
