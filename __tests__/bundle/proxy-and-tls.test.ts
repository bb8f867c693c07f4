import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { runMain } from '../../local-runner/run-action.js'
import type { RunOptions } from '../../local-runner/types.js'
import { findLeaks } from '../support/leaks.js'
import {
  expectFailure,
  expectWarning,
  messagesOf,
  outcomeOf,
  SUCCESS,
} from '../support/messages.js'
import { RUN_ID, withAction } from '../support/scenario.js'
import { type TlsWorld, withTls } from '../support/tls-world.js'

/** Asks Node.js to trust every certificate. */
const UNCHECKED = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }

describe('a request that was never written', () => {
  test.concurrent('is tried twice, and is no reason to look for a key', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const silent = createServer()
      silent.listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const sockets: Socket[] = []
      silent.on('connection', (socket) => sockets.push(socket.on('error', () => socket.destroy())))
      try {
        const address = silent.address()
        const port = typeof address === 'object' ? address?.port : 0
        const there = { api_url: `https://127.0.0.1:${port}`, timeout_seconds: '1' }
        const refused = await main(there, { debug: true })
        expectFailure(refused, /after 2 attempts: no connection to 127\.0\.0\.1:\d+ within 1 s/)
        expect(refused.stdout).not.toMatch(/may|Looking for/)
        expect(sockets).toHaveLength(2)
        const cleaned = await post(refused, there)
        expect(cleaned.annotations).toEqual([])
        expect(sandbox.requests).toEqual([])
      } finally {
        for (const socket of sockets) socket.destroy()
        silent.close()
      }
    }))
})

describe('proxy settings without effect', () => {
  test.concurrent.each([
    [{ https_proxy: 'http://proxy.test:3128', no_proxy: '10.0.0.0/8' }, /^no_proxy contains/],
    [{ ALL_PROXY: 'socks5://proxy.test:1080' }, /^ALL_PROXY has no effect/],
  ])('draw one warning: %o', (env, warning) =>
    withAction('. with secrets', async ({ main }) => {
      const created = await main({}, { env })
      expect(messagesOf(created, 'error')).toEqual([])
      expect(messagesOf(created, 'warning')).toEqual([expect.stringMatching(warning)])
    }),
  )
})

describe('TLS', () => {
  test.concurrent('a private authority is trusted when NODE_EXTRA_CA_CERTS names it', () =>
    withAction('.', ({ sandbox, main, post }) =>
      withTls(sandbox, async ({ apiUrl, proxied, run }) => {
        const created = await main({ api_url: apiUrl }, run({}))
        expect(outcomeOf(created)).toEqual(SUCCESS)
        expect(created.outputs['key']).toBe(sandbox.activeKeys()[0]?.key)
        const cleaned = await post(created, { api_url: apiUrl, revoke: 'always' }, run({}))
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        expect(sandbox.activeKeys()).toEqual([])
        expect(proxied).toEqual([])
      }),
    ))

  test.concurrent.each([{ if_exists: 'create' }, { if_exists: 'replace' }])(
    'an untrusted certificate is one clear error, at once: %o',
    (inputs) =>
      withAction('.', ({ sandbox, main }) =>
        withTls(sandbox, async ({ apiUrl, run }) => {
          const refused = await main({ ...inputs, api_url: apiUrl }, run({}, false))
          expectFailure(refused, /certificate is not trusted.*NODE_EXTRA_CA_CERTS/)
          expect(refused.lines.filter((line) => line.includes('(attempt '))).toHaveLength(1)
          expect(sandbox.requests).toEqual([])
        }),
      ),
  )

  test.concurrent.each<[string, (world: TlsWorld) => Partial<RunOptions>, RegExp]>([
    ['directly', ({ run }) => run(UNCHECKED, false), /server's certificate is not trusted/],
    [
      'through a proxy',
      ({ run, proxyUrl }) => run({ ...UNCHECKED, https_proxy: proxyUrl }, false),
      /server's certificate is not trusted/,
    ],
    [
      'of a proxy',
      ({ run, secureProxyUrl }) => run({ ...UNCHECKED, https_proxy: secureProxyUrl }, 'server'),
      /proxy's certificate is not trusted/,
    ],
  ])('is checked regardless of NODE_TLS_REJECT_UNAUTHORIZED, %s', (_way, describe, message) =>
    withAction('.', ({ sandbox, main, post }) =>
      withTls(sandbox, async (world) => {
        const { apiUrl, run } = world
        const refused = await main({ api_url: apiUrl }, describe(world))
        expect(refused.exitCode).toBe(1)
        expect(messagesOf(refused, 'error')).toEqual([expect.stringMatching(message)])
        expectFailure(refused, 'NODE_EXTRA_CA_CERTS')
        expect(refused.lines.filter((line) => line.includes('(attempt '))).toHaveLength(1)

        const created = await main({ api_url: apiUrl }, run({}))
        const seen = sandbox.requests.length
        const revoking = { revoke: 'always', api_url: world.apiUrl }
        const cleaned = await post(created, revoking, describe(world))
        expect(cleaned.exitCode).toBe(0)
        expect(messagesOf(cleaned, 'warning')).toEqual([expect.stringMatching(message)])
        expect(sandbox.requests).toHaveLength(seen)
        for (const { stderr } of [refused, cleaned]) expect(stderr).toBe('')
      }),
    ),
  )

  test.concurrent('NODE_TLS_REJECT_UNAUTHORIZED does not stand in the way of what is trusted', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, run }) => {
        const created = await main(
          { api_url: apiUrl },
          run({ ...UNCHECKED, https_proxy: proxyUrl }),
        )
        expect([created.exitCode, created.stderr, messagesOf(created, 'error')]).toEqual([
          0,
          '',
          [],
        ])
        expect(sandbox.activeKeys()).toHaveLength(1)
      }),
    ))

  test.concurrent('a certificate for another name is one clear error, at once', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, run }) => {
        const api_url = apiUrl.replace(/\/\/[^:]+/, '//localhost')
        const refused = await main({ api_url }, run({}))
        expectFailure(refused, 'certificate')
        expect(refused.lines.filter((line) => line.includes('(attempt '))).toHaveLength(1)
        expect(sandbox.requests).toEqual([])
      }),
    ))

  test.concurrent.each(['directly', 'through a proxy'])(
    'a connection that breaks after the create request, %s, is a lost response, not a lack of trust',
    (way) =>
      withAction('.', ({ sandbox, main }) =>
        withTls(sandbox, async ({ apiUrl, proxyUrl, spoilAnswer, run }) => {
          spoilAnswer()
          const options = run(way === 'directly' ? {} : { https_proxy: proxyUrl })
          const label = `preview-${RUN_ID}`
          const created = await main({ api_url: apiUrl, label }, options)
          expect(outcomeOf(created)).toEqual(SUCCESS)
          expect(sandbox.keys()).toHaveLength(2)
          expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([created.outputs['key']])
          expect(created.shown.join('\n')).not.toContain('NODE_EXTRA_CA_CERTS')
        }),
      ),
  )
})

describe('a proxy', () => {
  test.concurrent.each(['https_proxy', 'HTTPS_PROXY'])(
    'named by %s is used in main and in post',
    (variable) =>
      withAction('.', ({ sandbox, main, post }) =>
        withTls(sandbox, async ({ apiUrl, authority, proxyUrl, proxied, run }) => {
          const options = run({ [variable]: proxyUrl })
          const created = await main({ api_url: apiUrl }, options)
          expect(outcomeOf(created)).toEqual(SUCCESS)
          expect(proxied).toEqual([`CONNECT ${authority}`])
          const cleaned = await post(created, { api_url: apiUrl, revoke: 'always' }, options)
          expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
          expect(proxied).toEqual([`CONNECT ${authority}`, `CONNECT ${authority}`])
          expect(sandbox.activeKeys()).toEqual([])
        }),
      ),
  )

  test.concurrent('is reached over TLS when its URL says so', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, authority, secureProxyUrl, proxied, run }) => {
        const created = await main({ api_url: apiUrl }, run({ https_proxy: secureProxyUrl }))
        expect(outcomeOf(created)).toEqual(SUCCESS)
        expect(created.outputs['key']).toBe(sandbox.activeKeys()[0]?.key)
        expect(proxied).toEqual([`CONNECT ${authority}`])
      }),
    ))

  test.concurrent('gets the user and password of its URL', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, authorizations, run }) => {
        const https_proxy = proxyUrl.replace('//', '//agent:f%40ke@')
        expect((await main({ api_url: apiUrl }, run({ https_proxy }))).exitCode).toBe(0)
        const encoded = Buffer.from('agent:f@ke').toString('base64')
        expect(authorizations).toEqual([`Basic ${encoded}`])
      }),
    ))

  test.concurrent('leads to a server on the usual port by its plain name', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, proxied, run }) => {
        const usual = apiUrl.replace(/:\d+/, '')
        const created = await main({ api_url: usual }, run({ https_proxy: proxyUrl }))
        expect(outcomeOf(created)).toEqual(SUCCESS)
        const { host } = new URL(usual)
        expect(proxied).toEqual([`CONNECT ${host}:443`])
        expect(sandbox.requests[0]?.headers).toMatchObject({ host })
      }),
    ))

  test.concurrent.each([
    'http://agent:%zzsecret@proxy.test:3128',
    'http://agent:fake-secret@',
    'http://',
    'http://agent:fake-secret@proxy.test:99999',
    'socks5://agent:fake-secret@proxy.test:1080',
  ])('whose variable cannot be used is an error before any request: %s', (text) =>
    withAction('.', ({ sandbox, inputs, main, post }) =>
      withTls(sandbox, async ({ apiUrl, run }) => {
        const there = { api_url: apiUrl }
        const broken = run({ HTTPS_PROXY: text })
        const companion = { ...broken, inputs: { ...inputs, ...there } }
        const refusal = expect.stringMatching(/^HTTPS_PROXY is not a valid proxy URL/)
        const refused = [
          await main(there, broken),
          await runMain({ ...companion, actionDir: resolve('revoke') }),
          await runMain({
            ...companion,
            actionDir: resolve('prune'),
            inputs: { ...companion.inputs, label_pattern: '*', older_than: '7d' },
          }),
        ]
        for (const result of refused) {
          expect([result.exitCode, messagesOf(result, 'error')]).toEqual([1, [refusal]])
          expect(findLeaks(result, ['%zzsecret', 'fake-secret', 'agent:'])).toEqual([])
        }
        expect(sandbox.requests).toEqual([])

        const [both] = messagesOf(await main({ ...there, label: '' }, broken), 'error')
        expect(both).toMatch(/^2 inputs need attention:\n.*- label is empty/s)
        expect(both).toContain('- HTTPS_PROXY is not a valid proxy URL')

        const created = await main(there, run({}))
        const seen = sandbox.requests.length
        const cleaned = await post(created, { ...there, revoke: 'always' }, broken)
        expectWarning(
          cleaned,
          new RegExp(`${created.outputs['key_id']}.*HTTPS_PROXY is not a valid proxy URL`),
        )
        expect(sandbox.requests).toHaveLength(seen)
      }),
    ),
  )

  test.concurrent('with an unusable variable is no error where it is not used', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, run }) => {
        for (const [api_url, env] of [
          [apiUrl, { https_proxy: 'http://', no_proxy: '.junction.test' }],
          [apiUrl, { http_proxy: 'http://' }],
          [sandbox.managementUrl, { https_proxy: 'http://', http_proxy: 'http://' }],
        ] as const) {
          const created = await main({ api_url }, run(env))
          expect(outcomeOf(created)).toEqual(SUCCESS)
        }
      }),
    ))

  test.concurrent('has its password masked before anything else', () =>
    withAction('.', async ({ sandbox, main }) => {
      const env = {
        https_proxy: 'http://agent:f%40ke-pass@proxy.test:3128',
        http_proxy: 'socks5://agent:%zzsecret@proxy.test',
      }
      const { masks, lines } = await main({}, { env })
      const expected = ['f%40ke-pass', 'f@ke-pass', 'agent:f%40ke-pass', 'agent:f@ke-pass']
      expect(masks).toEqual(
        expect.arrayContaining([...expected, '%zzsecret', 'agent:%zzsecret', sandbox.orgKey]),
      )
      const first = lines.slice(0, masks.indexOf(sandbox.activeKeys()[0]?.key ?? ''))
      expect(first.filter((line) => !line.startsWith('::add-mask::'))).toEqual([])
    }))

  test.concurrent('keeps its password out of the log', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, proxied, run }) => {
        const password = 'correct-horse-battery'
        const https_proxy = proxyUrl.replace('//', `//agent:${password}@`)
        const created = await main({ api_url: apiUrl }, run({ https_proxy }))
        expect(created.exitCode).toBe(0)
        expect(proxied).toHaveLength(1)
        expect(findLeaks(created, [password, `agent:${password}`])).toEqual([])
      }),
    ))

  test.concurrent('is bypassed when no_proxy contains the server', () =>
    withAction('.', ({ sandbox, main, post }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, proxied, run }) => {
        const options = run({ https_proxy: proxyUrl, no_proxy: 'example.org,.junction.test' })
        const created = await main({ api_url: apiUrl }, options)
        expect(outcomeOf(created)).toEqual(SUCCESS)
        expect(
          (await post(created, { api_url: apiUrl, revoke: 'always' }, options)).annotations,
        ).toEqual([])
        expect(sandbox.activeKeys()).toEqual([])
        expect(proxied).toEqual([])
      }),
    ))

  test.concurrent('that presents its own certificate is untrusted', () =>
    withAction('.', ({ sandbox, main }) =>
      withTls(sandbox, async ({ apiUrl, proxyUrl, proxied, run }) => {
        const refused = await main({ api_url: apiUrl }, run({ https_proxy: proxyUrl }, false))
        expectFailure(refused, 'not trusted')
        expect(proxied).toHaveLength(1)
      }),
    ))
})
