import { createServer, type RequestListener } from 'node:http'
import { listen } from './listen.js'

/** Serves one test, for responses that the sandbox never sends. */
export async function withHttpServer(
  answer: RequestListener,
  play: (url: string) => Promise<void>,
  host = '127.0.0.1',
): Promise<void> {
  const server = createServer(answer)
  server.keepAliveTimeout = 0
  const port = await listen(server, host)
  try {
    await play(`http://${host.replace(/.*:.*/, '[$&]')}:${port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
