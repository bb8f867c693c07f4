import { createServer, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { describe, expect } from '@jest/globals'
import { runMain } from '../../local-runner/run-action.js'
import type { RunOptions, RunResult } from '../../local-runner/types.js'
import { findLeaks } from '../support/leaks.js'
import { listen } from '../support/listen.js'
import { expectFailure, expectWarning, messagesOf } from '../support/messages.js'
import { OWN_LABEL, testAction, testExtended } from '../support/scenario.js'
import { type TlsWorld, withTls } from '../support/tls-world.js'

const test = testExtended('.', withTls)
const testPlain = testAction('.')

/** Asks Node.js to trust every certificate. */
const UNCHECKED = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }

function countAttempts({ lines }: RunResult): number {
  return lines.filter((line) => line.includes('(attempt ')).length
}

describe('a request that was never written', () => {
  testPlain('is tried twice, without a look for a key', async ({ main, clean, sandbox }) => {
    const silent = createServer()
    const sockets: Socket[] = []
    silent.on('connection', (socket) => sockets.push(socket.on('error', () => socket.destroy())))
    try {
      const there = { api_url: `https://127.0.0.1:${await listen(silent)}`, timeout_seconds: '1' }
      const refused = await main(there, { debug: true })
      expectFailure(refused, /after 2 attempts: no connection to 127\.0\.0\.1:\d+ within 1 s/)
      expect(refused.stdout).not.toMatch(/may|Looking for/)
      expect(sockets).toHaveLength(2)
      await clean(refused, there)
      expect(sandbox.requests).toEqual([])
    } finally {
      for (const socket of sockets) socket.destroy()
      silent.close()
    }
  })
})

describe('proxy settings without effect', () => {
  testAction('. with secrets').each([
    [{ https_proxy: 'http://proxy.test:3128', no_proxy: '10.0.0.0/8' }, /^no_proxy contains/],
    [{ ALL_PROXY: 'socks5://proxy.test:1080' }, /^ALL_PROXY has no effect/],
  ])('draw one warning: %j', async ({ main, post }, [env, warning]) => {
    const created = await main({}, { env })
    expectWarning(created, warning)
    const cleaned = await post(created, { revoke: 'always' }, { env })
    expect(messagesOf(cleaned, 'warning').join()).not.toMatch(/has no effect/)
  })
})

describe('TLS', () => {
  test('a private authority is trusted when NODE_EXTRA_CA_CERTS names it', async (scenario) => {
    const { succeed, clean, sandbox, apiUrl, proxied, run } = scenario
    const created = await succeed({ api_url: apiUrl }, run({}))
    expect(created.outputs['key']).toBe(sandbox.activeKeys()[0]?.key)
    await clean(created, { api_url: apiUrl, revoke: 'always' }, run({}))
    expect(sandbox.activeKeys()).toEqual([])
    expect(proxied).toEqual([])
  })

  test.each<[string, (world: TlsWorld) => Partial<RunOptions>, RegExp]>([
    ['of the server', ({ run }) => run({}, false), /server's certificate is not trusted/],
    [
      'of the server, with NODE_TLS_REJECT_UNAUTHORIZED,',
      ({ run }) => run(UNCHECKED, false),
      /server's certificate is not trusted/,
    ],
    [
      'of the server behind a proxy, with NODE_TLS_REJECT_UNAUTHORIZED,',
      ({ run, proxyUrl }) => run({ ...UNCHECKED, https_proxy: proxyUrl }, false),
      /server's certificate is not trusted/,
    ],
    [
      'of a proxy, with NODE_TLS_REJECT_UNAUTHORIZED,',
      ({ run, secureProxyUrl }) => run({ ...UNCHECKED, https_proxy: secureProxyUrl }, 'server'),
      /proxy's certificate is not trusted/,
    ],
  ])('the untrusted certificate %s is one clear error, at once', async (world, row) => {
    const { main, succeed, post, sandbox, apiUrl, run } = world
    const [, describe, message] = row
    const refused = await main({ api_url: apiUrl }, describe(world))
    expectFailure(refused, message)
    expectFailure(refused, 'NODE_EXTRA_CA_CERTS')

    const created = await succeed({ api_url: apiUrl }, run({}))
    const seen = sandbox.requests.length
    const cleaned = await post(created, { revoke: 'always', api_url: apiUrl }, describe(world))
    expectWarning(cleaned, message)
    expect(sandbox.requests).toHaveLength(seen)
    for (const one of [refused, cleaned]) expect([countAttempts(one), one.stderr]).toEqual([1, ''])
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED does not stand in the way of what is trusted', async (scenario) => {
    const { succeed, sandbox, apiUrl, proxyUrl, run } = scenario
    const env = { ...UNCHECKED, https_proxy: proxyUrl }
    expect((await succeed({ api_url: apiUrl }, run(env))).stderr).toBe('')
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('a certificate for another name is a clear error', async (scenario) => {
    const { main, sandbox, apiUrl, run } = scenario
    const refused = await main({ api_url: apiUrl.replace(/\/\/[^:]+/, '//localhost') }, run({}))
    expectFailure(refused, 'certificate')
    expect(countAttempts(refused)).toBe(1)
    expect(sandbox.requests).toEqual([])
  })

  test.each(['directly', 'through a proxy'])(
    'a connection that breaks after the create request, %s, is a lost response, not a lack of trust',
    async ({ succeed, sandbox, apiUrl, proxyUrl, faults, run }, way) => {
      faults.spoiled = 'POST'
      const options = run(way === 'directly' ? {} : { https_proxy: proxyUrl })
      const created = await succeed({ api_url: apiUrl, label: OWN_LABEL }, options)
      expect(sandbox.keys()).toHaveLength(2)
      expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([created.outputs['key']])
      expect(created.shown.join('\n')).not.toContain('NODE_EXTRA_CA_CERTS')
    },
  )
})

describe('a proxy', () => {
  test.each(['https_proxy', 'HTTPS_PROXY'])(
    'named by %s is used by both steps',
    async (world, name) => {
      const { succeed, clean, sandbox, apiUrl, authority, proxyUrl, proxied, run } = world
      const options = run({ [name]: proxyUrl })
      const created = await succeed({ api_url: apiUrl }, options)
      expect(proxied).toEqual([`CONNECT ${authority}`])
      await clean(created, { api_url: apiUrl, revoke: 'always' }, options)
      expect(proxied).toEqual([`CONNECT ${authority}`, `CONNECT ${authority}`])
      expect(sandbox.activeKeys()).toEqual([])
    },
  )

  test('is reached over TLS when its URL says so', async (scenario) => {
    const { succeed, apiUrl, authority, secureProxyUrl, proxied, run } = scenario
    await succeed({ api_url: apiUrl }, run({ https_proxy: secureProxyUrl }))
    expect(proxied).toEqual([`CONNECT ${authority}`])
  })

  test('gets the user and password of its URL, which stay out of the log', async (scenario) => {
    const { succeed, apiUrl, proxyUrl, authorizations, run } = scenario
    const password = 'correct-horse-b@ttery'
    const https_proxy = proxyUrl.replace('//', `//agent:${encodeURIComponent(password)}@`)
    const created = await succeed({ api_url: apiUrl }, run({ https_proxy }))
    const encoded = Buffer.from(`agent:${password}`).toString('base64')
    expect(authorizations).toEqual([`Basic ${encoded}`])
    expect(findLeaks(created, [password, `agent:${password}`])).toEqual([])
  })

  test('leads to a server on the usual port by its plain name', async (scenario) => {
    const { succeed, sandbox, apiUrl, proxyUrl, proxied, run } = scenario
    const usual = apiUrl.replace(/:\d+/, '')
    await succeed({ api_url: usual }, run({ https_proxy: proxyUrl }))
    const { host } = new URL(usual)
    expect(proxied).toEqual([`CONNECT ${host}:443`])
    expect(sandbox.requests[0]?.headers).toMatchObject({ host })
  })

  test.each([
    'http://agent:%zzsecret@proxy.test:3128',
    'http://agent:fake-secret@',
    'http://',
    'http://agent:fake-secret@proxy.test:99999',
    'socks5://agent:fake-secret@proxy.test:1080',
  ])('whose variable cannot be used is an error before any request: %s', async (world, text) => {
    const { inputs, main, succeed, post, sandbox, apiUrl, run } = world
    const there = { api_url: apiUrl }
    const broken = run({ HTTPS_PROXY: text })
    const rules = { ...inputs, ...there, label_pattern: '*', older_than: '7d' }
    for (const refused of [
      await main(there, broken),
      await runMain({ ...broken, inputs: { ...inputs, ...there }, actionDir: resolve('revoke') }),
      await runMain({ ...broken, inputs: rules, actionDir: resolve('prune') }),
    ]) {
      expectFailure(refused, /^HTTPS_PROXY is not a valid proxy URL/)
      expect(findLeaks(refused, ['%zzsecret', 'fake-secret', 'agent:'])).toEqual([])
    }
    const [both] = messagesOf(await main({ ...there, label: '' }, broken), 'error')
    expect(both).toMatch(/^2 inputs need attention:\n.*- label is empty/s)
    expect(both).toContain('- HTTPS_PROXY is not a valid proxy URL')
    expect(sandbox.requests).toEqual([])

    const created = await succeed(there, run({}))
    const seen = sandbox.requests.length
    const cleaned = await post(created, { ...there, revoke: 'always' }, broken)
    const id = created.outputs['key_id']
    expectWarning(cleaned, new RegExp(`${id}.*HTTPS_PROXY is not a valid proxy URL`))
    expect(sandbox.requests).toHaveLength(seen)
  })

  // Nor does it matter whether the variable could be used: it would be an error then.
  test('is bypassed for what no_proxy contains, loopback, and another scheme', async (scenario) => {
    const { succeed, sandbox, apiUrl, run } = scenario
    const no_proxy = 'example.org,.junction.test'
    await succeed({ api_url: apiUrl }, run({ https_proxy: 'http://', no_proxy }))
    await succeed({ api_url: apiUrl }, run({ http_proxy: 'http://' }))
    await succeed({}, run({ https_proxy: 'http://', http_proxy: 'http://' }))
    expect(sandbox.activeKeys()).toHaveLength(3)
  })

  testPlain('has its password masked before anything else', async ({ sandbox, main }) => {
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
  })
})
