import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'

/** Serves one test, for responses that the sandbox never sends. */
export async function withHttpServer(
  answer: RequestListener,
  play: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    await play(`http://127.0.0.1:${port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
