import { checkBypass } from '@actions/http-client/lib/proxy'
import { afterEach, describe, expect, test } from '@jest/globals'
import { findIgnoredProxySettings, findProxy, listProxySecrets } from '../../src/http/proxy.js'

const API = 'https://api.example.com/management'

const PROXY = {
  variable: 'https_proxy',
  protocol: 'http:',
  host: 'proxy.test',
  port: 3128,
  credentials: undefined,
}

describe('findProxy', () => {
  test.each<[string, Partial<Record<keyof typeof PROXY, unknown>>]>([
    ['http://proxy.test:3128', {}],
    [' http://proxy.test:3128/ \n', {}],
    ['HTTP://proxy.test:3128', {}],
    ['proxy.test:3128', {}],
    ['proxy.test', { port: 80 }],
    ['http://proxy.test', { port: 80 }],
    ['https://proxy.test', { protocol: 'https:', port: 443 }],
    ['https://proxy.test:8443', { protocol: 'https:', port: 8443 }],
    ['10.0.0.1:3128', { host: '10.0.0.1' }],
    ['http://[2001:db8::1]:3128', { host: '2001:db8::1' }],
    ['http://agent:fake@proxy.test:3128', { credentials: 'agent:fake' }],
    ['agent:fake@proxy.test:3128', { credentials: 'agent:fake' }],
    ['http://agent:f%40k%25e@proxy.test:3128', { credentials: 'agent:f@k%e' }],
    ['http://agent@proxy.test:3128', { credentials: 'agent:' }],
  ])('reads %j', (https_proxy, expected) => {
    expect(findProxy(API, { https_proxy })).toEqual({ ...PROXY, ...expected })
  })

  test.each([
    ...['http://agent:%zz@proxy.test', 'http://agent:fake-secret@proxy.test:99999'],
    ...['agent:fake-secret@proxy.test:99999', 'http://agent:fake-secret/more@proxy.test:3128'],
    ...['http://', 'http:', 'https://', 'http://:3128', '://proxy.test'],
    ...['socks5://agent:fake-secret@proxy.test:1080', 'ftp://proxy.test', 'no proxy', ' '],
  ])('objects to %j by the name of the variable, and shows none of it', (text) => {
    for (const variable of ['https_proxy', 'HTTPS_PROXY']) {
      const found = findProxy(API, { [variable]: text, http_proxy: 'http://other.test' })
      const problem = typeof found === 'string' ? found : ''
      expect(problem).toMatch(
        new RegExp(`^${variable} is not a valid proxy URL .*; set it to one such as`),
      )
      expect(problem).not.toMatch(/zz|fake-secret|agent|proxy\.test|99999|socks5/)
    }
  })

  test('uses the first variable that is set', () => {
    const env = { https_proxy: '', HTTPS_PROXY: 'http://proxy.test:3128' }
    expect(findProxy(API, env)).toEqual({ ...PROXY, variable: 'HTTPS_PROXY' })
    expect(findProxy(API, { ...env, https_proxy: 'http://first.test:3128' })).toMatchObject({
      host: 'first.test',
    })
  })

  test('uses none for another scheme', () => {
    const env = { http_proxy: 'http://proxy.test:3128' }
    expect(findProxy(API, env)).toBeUndefined()
    expect(findProxy('http://api.example.com', { ...env, https_proxy: 'no proxy' })).toEqual({
      ...PROXY,
      variable: 'http_proxy',
    })
  })

  describe('bypasses the proxy where GitHub’s toolkit does', () => {
    const before = { ...process.env }

    afterEach(() => {
      for (const name of ['no_proxy', 'NO_PROXY']) delete process.env[name]
      Object.assign(process.env, before)
    })

    test.each([
      '',
      ...['*', 'example.com', '.example.com', 'api.example.com', 'API.EXAMPLE.COM:443'],
      ...['api.example.com:8443', 'ple.com', 'other.test, ,example.com ', '.api.example.com'],
      ...['10.0.0.1', '2001:db8::1', '[2001:db8::1]'],
    ])('no_proxy is %j', (noProxy) => {
      for (const url of [
        API,
        ...['https://api.example.com:8443/x', 'https://example.com', 'https://notexample.com'],
        ...['http://api.example.com', 'https://10.0.0.1', 'https://[2001:db8::1]'],
        ...['https://localhost:8443', 'https://127.0.0.1', 'https://127.1.2.3'],
        ...['https://[::1]:8443'],
      ]) {
        const env = { https_proxy: 'http://proxy.test', http_proxy: 'http://proxy.test' }
        process.env['no_proxy'] = noProxy
        expect([url, findProxy(url, { ...env, no_proxy: noProxy }) === undefined]).toEqual([
          url,
          checkBypass(new URL(url)),
        ])
      }
      expect(
        findProxy(API, { https_proxy: 'http://proxy.test', NO_PROXY: 'example.com' }),
      ).toBeUndefined()
    })
  })
})

describe('what the proxy variables say', () => {
  const https_proxy = 'http://proxy.test:3128'

  test.each(['*.example.com', 'other.test api.example.com', 'other.test\n.example.com'])(
    'no_proxy may be %j',
    (no_proxy) => {
      expect(findProxy(API, { https_proxy, no_proxy })).toBeUndefined()
      expect(findProxy('https://notexample.com', { https_proxy, no_proxy })).toBeDefined()
      expect(findIgnoredProxySettings({ https_proxy, no_proxy })).toBeUndefined()
    },
  )

  test.each([
    [{ https_proxy, no_proxy: '.a.test,10.0.0.0/8' }, /^no_proxy contains 10\.0\.0\.0\/8, which/],
    [{ https_proxy, NO_PROXY: 'http://fake:fake-secret@a.test/' }, /contains a\.test\/, which/],
    [{ ALL_PROXY: https_proxy }, /^ALL_PROXY has no effect.*set https_proxy/],
    [{ all_proxy: https_proxy, no_proxy: 'x' }, /^all_proxy has no effect/],
  ])('without effect is worth a warning: %j', (env, warning) => {
    expect(findIgnoredProxySettings(env)).toMatch(warning)
    expect(findIgnoredProxySettings(env)).not.toContain('fake-secret')
  })

  test.each([
    {},
    { ALL_PROXY: https_proxy, https_proxy },
    { no_proxy: '10.0.0.0/8' },
    { https_proxy, no_proxy: '*,a.test:443,::1' },
  ])('is followed, or has nothing to say: %j', (env) => {
    expect(findIgnoredProxySettings(env)).toBeUndefined()
  })

  test('SOCKS is named', () => {
    const found = findProxy(API, { https_proxy: 'socks5://proxy.test:1080' })
    expect(found).toContain('SOCKS is not supported')
  })
})

describe('listProxySecrets', () => {
  test.each<[string, readonly string[]]>([
    ['http://agent:fake-pass@proxy.test:3128', ['fake-pass', 'agent:fake-pass']],
    ['agent:fake-pass@proxy.test:3128', ['fake-pass', 'agent:fake-pass']],
    ['https://agent:f%40ke@proxy.test', ['f%40ke', 'f@ke', 'agent:f%40ke', 'agent:f@ke']],
    ['http://agent:%zz@proxy.test', ['%zz', 'agent:%zz']],
    ['http://agent:fa/ke@@proxy.test:99999', ['fa/ke@', 'agent:fa/ke@']],
    ['socks5://agent:fa:ke@proxy.test', ['fa:ke', 'agent:fa:ke']],
    ['http://:fake@proxy.test', ['fake', ':fake']],
    ['http://agent@proxy.test', []],
    ['http://agent:@proxy.test', []],
    ['http://proxy.test:3128', []],
    ['', []],
  ])('finds them in %j', (text, secrets) => {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) {
      expect([...new Set(listProxySecrets({ [name]: text }))]).toEqual(secrets)
    }
  })
})
