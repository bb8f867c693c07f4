import type { Sandbox } from '../../sandbox/types.js'
import { passOn, withGateway } from './gateway.js'

/** What a server may send instead of a response. */
export interface UnusualResponse {
  readonly what: string
  readonly bytes: string | Buffer
  /** Whether the connection is then closed, or left open. */
  readonly then: 'close' | 'silence'
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\n'

/** Responses that no client understands. */
export const UNUSUAL_RESPONSES: readonly UnusualResponse[] = [
  [
    'a switch to another protocol',
    `${SWITCH}connection: upgrade\r\nupgrade: fake\r\n\r\n`,
    'silence',
  ],
  ['a switch, closed', `${SWITCH}connection: upgrade\r\nupgrade: fake\r\n\r\n`, 'close'],
  ['a switch without a protocol', `${SWITCH}\r\n`, 'silence'],
  [
    'a switch followed by data',
    `${SWITCH}connection: upgrade\r\nupgrade: h2c\r\n\r\nPRI * HTTP/2.0`,
    'silence',
  ],
  [
    'only interim responses',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n',
    'close',
  ],
  ['an interim response and silence', 'HTTP/1.1 102 Processing\r\n\r\n', 'silence'],
  ['half a status line', 'HTTP/1.1 20', 'close'],
  ['half a status line and silence', 'HTTP/1.', 'silence'],
  ['half a head', HEAD, 'close'],
  ['frames of HTTP/2', Buffer.from('000012040000000000000300000064', 'hex'), 'silence'],
  ['a mail server', '220 mail.example.com ESMTP ready\r\n', 'silence'],
  ['a TLS alert', Buffer.from('15030300020246', 'hex'), 'close'],
  ['a status below all others', 'HTTP/1.1 099 Fake\r\ncontent-length: 0\r\n\r\n', 'silence'],
  ['a status that is not a number', 'HTTP/1.1 OK\r\n\r\n', 'close'],
  ['less than it promises', `${HEAD}content-length: 99\r\n\r\n{}`, 'close'],
  ['less than it promises, and silence', `${HEAD}content-length: 99\r\n\r\n{}`, 'silence'],
  ['more than it promises', `${HEAD}content-length: 1\r\n\r\n{"data":[]}`, 'close'],
  ['two lengths', `${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 'close'],
  [
    'a length and chunks',
    `${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    'close',
  ],
  ['a negative length', `${HEAD}content-length: -1\r\n\r\n{}`, 'close'],
  [
    'a chunk without a size',
    `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
    'close',
  ],
  ['a header without a colon', `${HEAD}nonsense\r\n\r\n{}`, 'close'],
  ['an empty body', `${HEAD}content-length: 0\r\n\r\n`, 'close'],
].map(([what, bytes, then]) => ({ what, bytes, then }) as UnusualResponse)

/**
 * Responds to requests with `method` with the given bytes. `play` gets the base URL of the Management API.
 */
export function withUnusualResponses(
  sandbox: Sandbox,
  method: string,
  { bytes, then }: UnusualResponse,
  play: (apiUrl: string) => Promise<void>,
): Promise<void> {
  return withGateway(
    sandbox,
    (answer, response, request) => {
      if (request.method !== method) return passOn(answer, response)
      answer.resume()
      if (then === 'close') request.socket.end(bytes)
      else request.socket.write(bytes)
    },
    play,
  )
}
