import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { ConnectionError, UnreadableResponseError } from '../../src/core/errors.js'
import { asConnectionError } from '../../src/http/connection-error.js'
import { createExchange } from '../../src/http/exchange.js'
import { catchError, catchMessage } from '../support/fakes.js'
import { withHttpServer } from '../support/http-server.js'
import { listen } from '../support/listen.js'
import { recognizeNodeErrors } from '../support/node-errors.js'
import { waitUntil } from '../support/wait-until.js'

recognizeNodeErrors()

const FAKE_KEY = 'mg_fake_org_key_0000'

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1')

/** Accepts connections on loopback while `play` runs, and passes each to `handle`. */
async function withSocketServer(
  accept: (socket: Socket) => void,
  play: (port: number) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    accept(socket)
  })
  const port = await listen(server, '127.0.0.1')
  try {
    await play(port)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
}

const HEADERS = {
  accept: 'application/json',
  'user-agent': 'fake-agent/0.0',
  'x-management-key': FAKE_KEY,
}

interface Ask {
  readonly method: string
  readonly path: string
  readonly body?: string
}

function exchangeWith(baseUrl: string, timeoutMs = 60_000) {
  const exchange = createExchange(baseUrl, timeoutMs)
  return ({ method, path, body }: Ask) =>
    exchange({
      method,
      url: `${baseUrl}${path}`,
      headers: body === undefined ? HEADERS : { ...HEADERS, 'content-type': 'application/json' },
      body,
    })
}

function failGet(baseUrl: string, timeoutMs?: number): Promise<unknown> {
  return catchError(() => exchangeWith(baseUrl, timeoutMs)({ method: 'GET', path: '/x' }))
}

/** Sends something through a proxy on loopback, which alone could find the host. */
async function throughProxy<T>(port: number, send: () => Promise<T>): Promise<T> {
  const { https_proxy: before, no_proxy: exceptions } = process.env
  process.env['https_proxy'] = `http://127.0.0.1:${port}`
  process.env['no_proxy'] = ''
  try {
    return await send()
  } finally {
    process.env['https_proxy'] = before ?? ''
    process.env['no_proxy'] = exceptions ?? ''
  }
}

function failThroughProxy(port: number, timeoutMs: number): Promise<unknown> {
  return throughProxy(port, () => failGet('https://fake.invalid', timeoutMs))
}

describe('an exchange', () => {
  test('returns status, headers and the whole body', () =>
    withHttpServer(
      (_request, response) => {
        response.writeHead(422, { 'x-fake': 'yes', 'content-type': 'application/json' })
        // Cut inside a character.
        const bytes = Buffer.from('{"detail":"fäke 鍵"}')
        response.write(bytes.subarray(0, 13))
        setTimeout(() => response.end(bytes.subarray(13)), 5)
      },
      async (url) => {
        const answer = await exchangeWith(url)({ method: 'GET', path: '/' })
        expect(answer).toEqual({
          status: 422,
          headers: expect.objectContaining({ 'x-fake': 'yes' }),
          body: '{"detail":"fäke 鍵"}',
        })
      },
    ))

  const testIpv6 = hasIpv6 ? test : test.skip

  testIpv6('reaches an IPv6 loopback address', () =>
    withHttpServer(
      (request, response) => response.end(request.headers.host),
      async (url) => {
        const { body } = await exchangeWith(url)({ method: 'GET', path: '/y' })
        expect(`http://${body}`).toBe(url)
      },
      '::1',
    ),
  )
})

describe('a prepared connection', () => {
  test.each<[string, (socket: Socket) => void, number]>([
    ['carries the next request that needs a new one', () => undefined, 1],
    ['that is reset just before is replaced', (socket) => socket.resetAndDestroy(), 2],
    ['that is closed just before is replaced', (socket) => socket.end(), 2],
    [
      'on which the server complained of the silence is replaced',
      (socket) => socket.write('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n'),
      2,
    ],
  ])('%s', async (_what, meanwhile, connections) => {
    const sockets: Socket[] = []
    await withSocketServer(
      (socket) => {
        sockets.push(socket)
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
      },
      async (port) => {
        const url = `http://127.0.0.1:${port}`
        const exchange = createExchange(url, 60_000)
        exchange.prepare?.()
        await waitUntil('it is open', () => sockets.length > 0)
        for (const socket of sockets) meanwhile(socket)
        const post = exchange({ method: 'POST', url, headers: {}, needsNewConnection: true })
        expect(await post).toMatchObject({ status: 200 })
        expect(sockets).toHaveLength(connections)
      },
    )
  })
})

test('a prepared connection that no request takes is closed', async () => {
  let isClosed = false
  await withSocketServer(
    (socket) => {
      socket.resume().once('end', () => {
        isClosed = true
      })
    },
    async (port) => {
      createExchange(`http://127.0.0.1:${port}`, 60_000).prepare?.()
      await waitUntil('it is closed', () => isClosed)
    },
  )
})

test('a proxy that refuses a prepared connection is not asked again', async () => {
  let asked = 0
  const refuse = (socket: Socket) => {
    asked += 1
    socket.end('HTTP/1.1 407 Fake\r\n\r\n')
  }
  await withSocketServer(
    (socket) => socket.once('data', () => refuse(socket)),
    async (port) => {
      const url = 'https://fake.invalid'
      const post = () => {
        const exchange = createExchange(url, 60_000)
        exchange.prepare?.()
        return exchange({ method: 'POST', url, headers: {}, needsNewConnection: true })
      }
      const error = await throughProxy(port, () => catchError(post))
      expect(error).toMatchObject({ failure: 'untrusted' })
      expect(asked).toBe(1)
    },
  )
})

describe('a body that a gateway encoded unasked', () => {
  const TEXT = JSON.stringify({ name: 'fäke 鍵' })
  const receive = async (status: number, encoding: string, body: Uint8Array) => {
    let result: unknown
    await withHttpServer(
      (_request, response) => {
        response
          .writeHead(status, encoding === '' ? {} : { 'content-encoding': encoding })
          .end(body)
      },
      async (url) => {
        const get = () => exchangeWith(url)({ method: 'GET', path: '/' })
        result = await get().catch((error: unknown) => error)
      },
    )
    return result
  }

  test.each<[string, Uint8Array]>([
    ['', Buffer.from(`\ufeff${TEXT}`)],
    ['identity', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT)],
    ['GZIP', gzipSync(`\ufeff${TEXT}`)],
    ['x-gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
  ])('is read: %j', async (encoding, body) => {
    expect(await receive(200, encoding, body)).toMatchObject({ status: 200, body: TEXT })
  })

  test.each<[string, Uint8Array]>([
    ['gzip', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT).subarray(0, -9)],
    ['br', Buffer.from([1, 2, 3])],
    ['zstd', Buffer.from(TEXT)],
    ['gzip', gzipSync(Buffer.alloc(9 * 1024 * 1024))],
  ])('that cannot be decoded leaves open what a request did: %j', async (encoding, body) => {
    const error = await receive(200, encoding, body)
    expect(error).toBeInstanceOf(UnreadableResponseError)
    expect(error).toMatchObject({ mayHaveTakenEffect: true })
    expect(String(error)).not.toContain('fäke')
    expect(await receive(404, encoding, body)).toMatchObject({ status: 404, body: '' })
  })

  test('may be empty', async () => {
    expect(await receive(200, 'gzip', Buffer.alloc(0))).toMatchObject({ status: 200, body: '' })
  })
})

describe('an error before the connection is established', () => {
  const fail = (code: string, message = `fake ${code}`) =>
    asConnectionError(Object.assign(new Error(message), { code }), 'fake.example', false)

  test.each([
    ['ETIMEDOUT', 'unreachable'],
    ['ECONNRESET', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['FAKE_NEW_CODE', 'unreachable'],
    ['EPROTO', 'untrusted'],
    ['UNSPECIFIED', 'untrusted'],
    ['CERT_HAS_EXPIRED', 'untrusted'],
  ])('%s never means that the request was sent', (code, failure) => {
    expect(fail(code)).toMatchObject({ failure, mayHaveTakenEffect: false })
    const later = asConnectionError(Object.assign(new Error('x'), { code }), 'fake.example', true)
    expect(later).toMatchObject({ failure: 'broken', message: 'x (fake.example)' })
  })

  test.each([
    ['CERT_HAS_EXPIRED', /the server's certificate is not valid at this time\. Have it renewed/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /for another name/],
    ['UNSPECIFIED', /too weak, such as RSA.*SHA-1/],
    ['EPROTO', /the server's port does not offer TLS 1\.2/],
    ['CERT_REVOKED', /the server's certificate is not valid$/],
    ['ECONNREFUSED', /^fake ECONNREFUSED \(fake\.example\)$/],
  ])('%s advises on its own cause alone', (code, advice) => {
    expect(fail(code).message).toMatch(advice)
    expect(fail(code).message).not.toMatch(/NODE_|clock.*name/)
  })

  test.each([
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
  ])('%s is an authority that this machine does not trust', (code) =>
    expect(fail(code).message).toMatch(/NODE_EXTRA_CA_CERTS.*NODE_USE_SYSTEM_CA=1/),
  )

  test('names every address that was tried', () => {
    const errors = ['10.0.0.1:443', '::1:443'].map((at) => new Error(`connect ECONNREFUSED ${at}`))
    const error = Object.assign(new AggregateError(errors), { code: 'ETIMEDOUT' })
    expect(asConnectionError(error, 'fake.example', false)).toMatchObject({
      failure: 'unreachable',
      message: 'connect ECONNREFUSED 10.0.0.1:443, connect ECONNREFUSED ::1:443 (fake.example)',
    })
  })
})

describe('an exchange that fails', () => {
  test('gives up what is open once the step has to end, and sends nothing more', async () => {
    const sockets: Socket[] = []
    await withSocketServer(
      (socket) => sockets.push(socket),
      async (port) => {
        const url = `http://127.0.0.1:${port}`
        const lastCall = new AbortController()
        const exchange = createExchange(url, 60_000, lastCall.signal)
        const fail = () => catchError(() => exchange({ method: 'DELETE', url, headers: {} }))
        const failing = fail()
        await waitUntil('it is connected', () => sockets.length > 0)
        lastCall.abort()
        expect(String(await failing)).toContain('before the canceled step had to end')
        expect(await fail()).toMatchObject({ failure: 'unreachable' })
        expect(sockets).toHaveLength(1)
      },
    )
  })

  describe('when there is no connection', () => {
    const REFUSAL = 'HTTP/1.1 407 Fake\r\ncontent-type: text/html\r\n\r\n'
    const OPEN = 'HTTP/1.1 200 OK\r\n\r\n'

    test.each<[string, (socket: Socket) => void, unknown, string?]>([
      [
        'forbids the host',
        (socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'),
        'untrusted',
        'did not open a tunnel to fake.invalid:443: it returned 403; it forbids',
      ],
      ['resets the connection', (socket) => socket.resetAndDestroy(), 'unreachable'],
      ['hangs up', (socket) => socket.end(), 'unreachable'],
      ['switches protocols', (socket) => socket.write('HTTP/1.1 101 Fake\r\n\r\n'), 'unreachable'],
      ['speaks no HTTP', (socket) => socket.write('SSH-2.0-fake\r\n'), 'unreachable'],
      ['speaks too early', (socket) => socket.write(`${OPEN}220 fake`), 'unreachable'],
      [
        'opens a tunnel to nowhere',
        (socket) => socket.write(OPEN, () => socket.resetAndDestroy()),
        'unreachable',
      ],
      ['closes its tunnel', (socket) => socket.end(OPEN), 'unreachable'],
      ['refuses with a page', (socket) => socket.end(`${REFUSAL}<html>Denied</html>`), 'untrusted'],
      ['fails to connect', (socket) => socket.end('HTTP/1.1 503 Fake\r\n\r\n'), 'unreachable'],
    ])('does not stay silent where a proxy %s', (_what, react, failure, words = '') =>
      withSocketServer(
        (socket) => socket.once('data', () => react(socket)),
        async (port) => {
          const error = await failThroughProxy(port, 60_000)
          expect(error).toBeInstanceOf(ConnectionError)
          expect(error).toMatchObject({ failure, mayHaveTakenEffect: false })
          expect(String(error)).toContain(words)
          expect(String(error)).not.toContain('timeout_seconds')
        },
      ),
    )

    test('is untrusted where the server has no TLS', () =>
      withHttpServer(
        (_request, response) => response.end(),
        async (url) => {
          const error = await failGet(url.replace('http:', 'https:'))
          expect(error).toBeInstanceOf(ConnectionError)
          expect(error).toMatchObject({ failure: 'untrusted' })
          expect(String(error)).toContain(
            'port does not offer TLS 1.2 or newer. Check the port in the URL',
          )
          expect(String(error)).not.toContain('certificate')
        },
      ))
  })

  describe('when the time limit is reached', () => {
    test('does not wait for a silent proxy', () =>
      withSocketServer(
        () => undefined,
        async (port) => {
          const error = await failThroughProxy(port, 150)
          expect(error).toMatchObject({
            failure: 'silent',
            mayHaveTakenEffect: false,
            message: `no connection to fake.invalid through the proxy 127.0.0.1:${port} within 0.15 s (timeout_seconds)`,
          })
        },
      ))

    test('closes the connection then, not after a long idle time', async () => {
      let isClosed = false
      await withSocketServer(
        (socket) =>
          socket.resume().once('close', () => {
            isClosed = true
          }),
        async (port) => {
          // The HTTP client's own limit for an idle connection is a second later.
          expect(await failGet(`http://127.0.0.1:${port}`, 1_000)).toMatchObject({
            failure: 'broken',
            message: 'no complete response within 1 s (timeout_seconds)',
          })
          // It takes turns of the event loop to arrive, and no time.
          for (let turn = 0; turn < 100 && !isClosed; turn += 1) {
            await new Promise((resolve) => setImmediate(resolve))
          }
          expect(isClosed).toBe(true)
        },
      )
    })
  })

  test('does not show the key in any error', () =>
    withSocketServer(
      (socket) => socket.once('data', (data) => socket.end(data)),
      async (port) => {
        const exchange = exchangeWith(`http://127.0.0.1:${port}`)
        const post = () => exchange({ method: 'POST', path: '/', body: '{}' })
        expect(await catchMessage(post)).not.toContain(FAKE_KEY)
      },
    ))
})
