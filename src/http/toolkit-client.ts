import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { HttpClient } from '@actions/http-client'
import { defaultPort } from './proxy.js'

type RawRequest = HttpClient['requestRawWithCallback']

/**
 * GitHub's HTTP client for one request, with our own agent: left to itself it obeys
 * `NODE_TLS_REJECT_UNAUTHORIZED`, goes past a proxy whose variable it cannot parse, and waits for ever after
 * `101 Switching Protocols`. `watch` gets the request before it is sent.
 */
export class ToolkitClient extends HttpClient {
  readonly #connection: RequestOptions
  readonly #watch: (request: ClientRequest) => void

  constructor(
    userAgent: string | undefined,
    connection: RequestOptions,
    watch: (request: ClientRequest) => void,
  ) {
    super(userAgent, [], { allowRedirects: false, allowRetries: false })
    this.#connection = connection
    this.#watch = watch
  }

  override requestRawWithCallback(...[info, ...rest]: Parameters<RawRequest>): void {
    const { parsedUrl } = info
    const module =
      parsedUrl.protocol === 'https:'
        ? process.getBuiltinModule('node:https')
        : process.getBuiltinModule('node:http')
    const request = (options: RequestOptions, onResponse: (response: IncomingMessage) => void) => {
      const sent = module.request(options, onResponse)
      this.#watch(sent)
      return sent
    }
    // Not a copy with another `request`: to copy `node:http`, Node.js loads all that it offers, a WebSocket too.
    const httpModule = new Proxy(module, {
      get: (target, name) => (name === 'request' ? request : Reflect.get(target, name)),
    })
    // `node:http` wants an IPv6 host without brackets.
    const host = parsedUrl.hostname.replace(/^\[|\]$/g, '')
    const usual = { host, defaultPort: defaultPort(parsedUrl.protocol) }
    const options = { ...info.options, ...usual, ...this.#connection }
    super.requestRawWithCallback({ parsedUrl, options, httpModule }, ...rest)
  }
}
