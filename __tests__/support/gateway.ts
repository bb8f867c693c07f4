import { type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http'
import type { Sandbox } from '../../sandbox/types.js'
import { withHttpServer } from './http-server.js'

/** Passes a response of the sandbox on, or does something else with it. */
type Respond = (
  answer: IncomingMessage,
  response: ServerResponse,
  request: IncomingMessage,
) => unknown

export function passOn(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  answer.pipe(response)
}

/** Puts a gateway before a sandbox. `play` gets the base URL of the Management API behind it. */
export async function withGateway(
  sandbox: Sandbox,
  respond: Respond,
  play: (apiUrl: string) => Promise<void>,
): Promise<void> {
  await withHttpServer(
    (request, response) => {
      const { method, headers, url } = request
      const onward = sendRequest(`${sandbox.url}${url}`, { method, headers }, (answer) =>
        respond(answer, response, request),
      )
      onward.on('error', () => request.socket.resetAndDestroy())
      request.pipe(onward)
    },
    (url) => play(`${url}${new URL(sandbox.managementUrl).pathname}`),
  )
}
