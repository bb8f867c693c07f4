import type { RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { ConnectionError } from '../core/errors.js'
import { asProxyError } from './connection-error.js'
import { defaultPort, type ProxyServer } from './proxy.js'

/**
 * Opens a tunnel to a server through a proxy (CONNECT; RFC 9110, 9.3.6) and returns the connection. A certificate of
 * the proxy's own is checked, whatever the environment says. `signal` gives it up.
 * Throws a `ConnectionError` that shows that nothing was sent to the server.
 */
export function openTunnel(
  proxy: ProxyServer,
  server: URL,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const { protocol, host, port, credentials } = proxy
  const authority = `${server.hostname}:${server.port || defaultPort(server.protocol)}`
  const options: RequestOptions = {
    host,
    port,
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(credentials === undefined
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
    agent: false,
    signal,
    rejectUnauthorized: true,
    // By default the name would come from the header `host`, which is the server's. An address may not stand there
    // (RFC 6066, 3).
    servername: process.getBuiltinModule('node:net').isIP(host) === 0 ? host : '',
  }
  return new Promise((resolve, reject) => {
    const module = protocol === 'http:' ? 'node:http' : 'node:https'
    const beginning = `the proxy ${nameProxy(proxy)} did not open a tunnel to ${authority}`
    const asked = process.getBuiltinModule(module).request(options)
    asked.once('connect', ({ statusCode = 0 }, socket, early) => {
      const isOpen = statusCode >= 200 && statusCode < 300
      if (isOpen && early.length === 0) return resolve(socket)
      socket.destroy()
      const reason = isOpen ? 'it sent data too early' : explainRefusal(statusCode, proxy)
      const failure = isRefusal(statusCode) ? 'untrusted' : 'unreachable'
      reject(new ConnectionError(`${beginning}: ${reason}`, failure))
    })
    asked.once('error', (error) => reject(asProxyError(error, beginning)))
    asked.end()
  })
}

export function nameProxy({ host, port }: ProxyServer): string {
  return `${host}:${port}`
}

/** Whether a proxy returns the same again: it answered, and not about the server or the moment. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

function explainRefusal(status: number, { variable }: ProxyServer): string {
  const refusal = `it returned ${status}`
  // 401: tinyproxy, for a wrong password.
  if (status === 407 || status === 401) {
    return `${refusal}; check the user name and password in ${variable}`
  }
  if (status === 403) {
    return `${refusal}; it forbids this host or port. Have them allowed, or list the host in no_proxy if it can be reached directly`
  }
  return refusal
}
