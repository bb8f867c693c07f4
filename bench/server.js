// The server that every measured step talks to. It is a process of its own, so that it answers while the
// measuring process waits, and it ends when its stdin does: it cannot outlive the process that started it.
import { createServer } from 'node:http'
import { NEW_KEY } from './new-key.js'

const answers = new Map([
  ['POST', JSON.stringify(NEW_KEY)],
  ['GET', JSON.stringify({ data: [], next_cursor: null })],
  ['DELETE', JSON.stringify({ ...NEW_KEY, key: undefined })],
])
/** @type {Record<string, number>} */
const requests = {}

const server = createServer((request, response) => {
  const { method = '', url } = request
  const counting = url === '/requests'
  if (!counting) requests[method] = (requests[method] ?? 0) + 1
  const body = counting ? JSON.stringify(requests) : answers.get(method)
  request.resume().on('end', () => {
    response.writeHead(body === undefined ? 405 : 200, { 'content-type': 'application/json' })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  process.stdout.write(`http://127.0.0.1:${address.port}\n`)
})
process.stdin.resume().on('end', () => process.exit())
