import { decodePercent, toOneLine } from '../core/plain-text.js'

/** A proxy that requests go through, as a variable names it. */
export interface ProxyServer {
  readonly variable: string
  /** How to connect to the proxy itself. */
  readonly protocol: 'http:' | 'https:'
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string
  readonly port: number
  /** `user:password`, percent-decoded; `undefined` when the proxy wants none. */
  readonly credentials: string | undefined
}

/** Variables that name the proxy for each kind of URL; the first that is set counts (source: @actions/http-client, proxy.js). */
const VARIABLES = {
  'https:': ['https_proxy', 'HTTPS_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY'],
}

/**
 * The proxy that requests to a URL have to take, or a text that says why the variable that names it cannot be used;
 * `undefined` when they go directly: no variable is set, `no_proxy` names the server, or it is this machine.
 */
export function findProxy(url: string, env: NodeJS.ProcessEnv): ProxyServer | string | undefined {
  const target = new URL(url)
  const names = VARIABLES[target.protocol === 'http:' ? 'http:' : 'https:']
  const variable = names.find((name) => (env[name] ?? '') !== '')
  if (variable === undefined || isExempt(target, env)) return undefined
  const text = (env[variable] ?? '').trim()
  const proxy = parseProxy(variable, text)
  if (proxy !== undefined) return proxy
  const reason = /^socks/i.test(text) ? ': SOCKS is not supported' : ''
  return `${variable} is not a valid proxy URL (not shown, because it may contain a password)${reason}; set it to one such as http://proxy.example.com:3128, with http:// or https:// and with special characters in the user name and password percent-encoded, or unset it`
}

/** Every password of a proxy in the environment and its `user:password`, as written and percent-decoded. */
export function listProxySecrets(env: NodeJS.ProcessEnv): readonly string[] {
  return Object.values(VARIABLES)
    .flat()
    .flatMap((name) => findCredentials(env[name] ?? ''))
}

/** Reads generously, since text that is not a valid URL may still contain a password. */
function findCredentials(text: string): readonly string[] {
  if (!text.includes('@')) return []
  const [, pair = ''] = /^\s*(?:https?:\/*|[a-z][a-z\d+.-]*:\/\/)?(.*)@/is.exec(text) ?? []
  const password = pair.slice(pair.indexOf(':') + 1)
  if (password === '' || password === pair) return []
  return [password, pair].flatMap((secret) => [secret, decodePercent(secret) ?? secret])
}

function parseProxy(variable: string, text: string): ProxyServer | undefined {
  // Many tools take `host:port` for http://host:port.
  const url = /^https?:|:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(url)) return undefined
  const { protocol, hostname, port, username, password } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  const credentials = decodePercent(`${username}:${password}`)
  if (credentials === undefined) return undefined
  return {
    variable,
    protocol,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort(protocol) : Number(port),
    credentials: credentials === ':' ? undefined : credentials,
  }
}

/** Whether requests go past the proxy, by the rules of GitHub's toolkit; also `*.name`, and lists parted by spaces. */
function isExempt({ protocol, hostname, port }: URL, env: NodeJS.ProcessEnv): boolean {
  if (/^(?:localhost$|127\.|\[::1\])/.test(hostname)) return true
  const host = hostname.toUpperCase()
  const forms = [host, `${host}:${port === '' ? defaultPort(protocol) : port}`]
  return listExceptions(env)
    .map((entry) => entry.toUpperCase().replace(/^\*\./, '.'))
    .some(
      (entry) =>
        entry === '*' ||
        forms.some(
          (form) => form === entry || form.endsWith(entry.startsWith('.') ? entry : `.${entry}`),
        ),
    )
}

function listExceptions(env: NodeJS.ProcessEnv): readonly string[] {
  return (env['no_proxy'] || env['NO_PROXY'] || '').split(/[\s,]+/).filter((entry) => entry !== '')
}

/** What the proxy variables say that has no effect here, and what to write instead; `undefined` for nothing. */
export function findIgnoredProxySettings(env: NodeJS.ProcessEnv): string | undefined {
  const isSet = (name: string) => (env[name] ?? '') !== ''
  if (!Object.values(VARIABLES).flat().some(isSet)) {
    const all = ['all_proxy', 'ALL_PROXY'].find(isSet)
    return (
      all &&
      `${all} has no effect, so requests go out directly; set https_proxy to the proxy instead`
    )
  }
  const ignored = listExceptions(env).filter((entry) => entry.includes('/'))
  if (ignored.length === 0) return undefined
  const names = ignored.map((entry) => toOneLine(entry.replace(/.*@/, ''), 100)).join(' and ')
  const have = ignored.length === 1 ? 'has' : 'have'
  return `no_proxy contains ${names}, which ${have} no effect: it takes host names and addresses, not ranges or URLs. Write names such as api.example.com, or .example.com for a whole domain`
}

export function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}
