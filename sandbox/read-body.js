/** @import { IncomingMessage } from 'node:http' */

const limit = 1024 * 1024

/**
 * Reads a request's body as text; `null` when it is larger than the 1 MiB the sandbox takes.
 *
 * @param {IncomingMessage} request
 * @returns {Promise<string | null>}
 */
export async function readBody(request) {
  /** @type {Buffer[]} */
  const chunks = []
  let size = 0
  /** @type {AsyncIterable<Buffer>} */
  const stream = request
  for await (const chunk of stream) {
    size += chunk.length
    // The rest is still read, and dropped: a client that is writing would miss an early answer.
    if (size <= limit) chunks.push(chunk)
  }
  return size > limit ? null : Buffer.concat(chunks).toString('utf8')
}
