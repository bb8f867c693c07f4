import type { Exchange } from '../http/exchange.js'

/** The part of a request that octokit fills in. */
interface FetchInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The part of a response that octokit reads. */
interface FetchResponse {
  readonly status: number
  readonly url: string
  readonly headers: ReadonlyMap<string, string>
  text(): Promise<string>
}

/**
 * Gives octokit the action's HTTP exchange in the shape of `fetch`, so that both services are reached
 * through the same proxies, with the same limits, and without loading Node's own fetch.
 */
export function createFetch(
  exchange: Exchange,
): (url: string, init: FetchInit) => Promise<FetchResponse> {
  return async (url, { method, headers, body }) => {
    const lowerCased = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    const response = await exchange({ method, url, headers: Object.fromEntries(lowerCased), body })
    const fields = Object.entries(response.headers).map(
      ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')] as const,
    )
    return {
      status: response.status,
      url,
      // Octokit throws on a media type that it cannot parse. This one makes it try JSON, then text.
      headers: new Map([...fields, ['content-type', 'application/json']]),
      text: async () => response.body,
    }
  }
}
