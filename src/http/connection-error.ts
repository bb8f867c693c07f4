import { ConnectionError, type ConnectionFailure } from '../core/errors.js'
import { showForeign } from '../core/scrub.js'

/** Characters of an error that are shown; a server's certificate may have a say in it. */
const LONGEST_REASON = 400

/** Errors of the network and of name resolution that arise before a connection is established. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
])

/** Objections to a certificate, and other errors of the TLS handshake. They come before the request. */
const UNTRUSTED = /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_)/

/** The error of a request as a `ConnectionError`. `mayHaveSent` says whether the connection was established. */
export function asConnectionError(error: unknown, mayHaveSent: boolean): ConnectionError {
  if (error instanceof ConnectionError) return error
  const failure = classify(error, mayHaveSent)
  return new ConnectionError(explain(error, failure, 'server'), failure, { cause: error })
}

/** The error of a connection to a proxy as a `ConnectionError`; `proxy` names it. No request was sent. */
export function asProxyError(error: unknown, proxy: string): ConnectionError {
  const failure = classify(error, false) === 'untrusted' ? 'untrusted' : 'unreachable'
  const reason = explain(error, failure, 'proxy')
  return new ConnectionError(`the proxy ${proxy} did not open a tunnel: ${reason}`, failure, {
    cause: error,
  })
}

function classify(error: unknown, mayHaveSent: boolean): ConnectionFailure {
  if (mayHaveSent || !(error instanceof Error)) return 'broken'
  const code = codeOf(error)
  if (UNTRUSTED.test(code)) return 'untrusted'
  const neverConnected = 'syscall' in error && error.syscall === 'connect'
  return neverConnected || UNREACHABLE.has(code) ? 'unreachable' : 'broken'
}

function explain(error: unknown, failure: ConnectionFailure, peer: 'server' | 'proxy'): string {
  const message = error instanceof Error ? error.message || codeOf(error) : String(error)
  const reason = showForeign(message, LONGEST_REASON)
  return failure === 'untrusted'
    ? `${reason}; the ${peer}’s certificate is not trusted here (for a private certificate authority set NODE_EXTRA_CA_CERTS)`
    : reason
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
