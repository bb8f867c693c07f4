import { request as sendRequest } from 'node:http'
import type { Sandbox } from '../../sandbox/types.js'
import { withHttpServer } from './http-server.js'

/** Puts a gateway before a sandbox that shifts the `Date` of every response, in milliseconds. */
export async function withShiftedDate(
  sandbox: Sandbox,
  shiftMs: number,
  play: (apiUrl: string) => Promise<void>,
): Promise<void> {
  await withHttpServer(
    (request, response) => {
      const { method, headers, url } = request
      const onward = sendRequest(`${sandbox.url}${url}`, { method, headers }, (answer) => {
        const date = Date.parse(answer.headers.date ?? '') + shiftMs
        response.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          date: new Date(date).toUTCString(),
        })
        answer.pipe(response)
      })
      onward.on('error', () => request.socket.resetAndDestroy())
      request.pipe(onward)
    },
    (url) => play(`${url}${new URL(sandbox.managementUrl).pathname}`),
  )
}
