import { ConnectionError, FailedRequestError } from '../core/errors.js'
import { showForeign } from '../core/scrub.js'

/** Characters of an error that are shown; a server's certificate may have a say in it. */
const LONGEST_REASON = 400

/**
 * Failures of the TLS handshake by their code (tried with Node.js 24), and what follows `the server's` or
 * `the proxy's`. Another attempt never helps.
 */
const TLS_FAILURES: readonly (readonly [code: RegExp, advice: string])[] = [
  [
    /^(?:UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/,
    'certificate is not trusted here: this machine does not know the authority that signed it. Set NODE_EXTRA_CA_CERTS to a file with the certificate of that authority, or NODE_USE_SYSTEM_CA=1 if this machine trusts it',
  ],
  [
    /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
    'certificate is not valid at this time. Have it renewed, and check the clock of this machine',
  ],
  [
    /^(?:ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH)/,
    'certificate is for another name. Use a host name that it contains',
  ],
  [
    /^(?:UNSPECIFIED|CERT_SIGNATURE_FAILURE)$|TOO_(?:SMALL|WEAK)/,
    'certificate is too weak, such as RSA with 1,024 bits or SHA-1. Have it replaced',
  ],
  [
    /^(?:EPROTO$|ERR_SSL_|ERR_TLS_)/,
    'port does not offer TLS 1.2 or newer. Check the port in the URL',
  ],
  [/^(?:CERT_|CRL_|INVALID_|PATH_LENGTH)/, 'certificate is not valid'],
]

/** The error of a request to `host` as a `FailedRequestError`. Before the connection is established, nothing was sent. */
export function asConnectionError(
  error: unknown,
  host: string,
  isEstablished: boolean,
): FailedRequestError {
  if (error instanceof FailedRequestError) return error
  const reason = show(error)
  const text = reason.includes(host) ? reason : `${reason} (${host})`
  return isEstablished
    ? new ConnectionError(text, 'broken', { cause: error })
    : createError(text, 'server', error)
}

/** The error of a connection to a proxy; `beginning` says which. No request was sent. */
export function asProxyError(error: unknown, beginning: string): ConnectionError {
  return createError(`${beginning}: ${show(error)}`, 'proxy', error)
}

function createError(text: string, peer: 'server' | 'proxy', cause: unknown): ConnectionError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const [, advice] = TLS_FAILURES.find(([pattern]) => pattern.test(code)) ?? []
  return advice === undefined
    ? new ConnectionError(text, 'unreachable', { cause })
    : new ConnectionError(`${text}; the ${peer}'s ${advice}`, 'untrusted', { cause })
}

function show(error: unknown): string {
  return showForeign(describe(error), LONGEST_REASON)
}

/** The message of an error; for a name with several addresses, Node.js leaves it empty and lists one error for each. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(describe).join(', ')
  }
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
