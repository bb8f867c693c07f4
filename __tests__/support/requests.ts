import type { Sandbox } from '../../sandbox/types.js'

export function listMethods({ requests }: Sandbox): readonly string[] {
  return requests.map(({ method }) => method)
}

/** How many requests with a method arrived. Only create requests use `POST`. */
export function countRequests(sandbox: Sandbox, method: string): number {
  return listMethods(sandbox).filter((found) => found === method).length
}

/** The requests that change something, in order: method, last part of the path, status. */
export function listChanges({ requests }: Sandbox): readonly string[] {
  return requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, status }) => `${method} ${path.split('/').at(-1)} ${status}`)
}

/** GitHub's requests that change something, in order: method, path without the base, status. */
export function listWrites(sandbox: Sandbox): readonly string[] {
  const base = new URL(sandbox.githubUrl).pathname
  return sandbox.requests
    .filter(({ method, path }) => method !== 'GET' && path.startsWith(`${base}/`))
    .map(({ method, path, status }) => `${method} ${path.slice(base.length)} ${status}`)
}
