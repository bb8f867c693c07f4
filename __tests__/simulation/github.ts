/** Replaces `github/bundle.js`: secrets behind the simulated exchange, without octokit. */

import { HttpStatusError, UnreadableResponseError } from '../../src/core/errors.js'
import { isRecord, parseJson } from '../../src/core/json.js'
import { describeDestination, type SecretDestination } from '../../src/core/secret-target.js'
import type { GitHubAddress } from '../../src/github/client.js'
import { runOnAllTargets, runOnTargets } from '../../src/github/prepare-secrets.js'
import type { SecretStore } from '../../src/github/secret-store.js'
import type { GitHubSecrets, SecretsPorts } from '../../src/github/secrets.js'
import { withRetries } from '../../src/http/retry.js'
import { SECRETS_URL, seal } from './services.js'

/** Connects to the simulated secrets. */
export function connectSecrets(_address: GitHubAddress, ports: SecretsPorts): GitHubSecrets {
  const open = (destination: SecretDestination) => openStore(destination, ports)
  const readMetadata: GitHubSecrets['readMetadata'] = ({ destination, name }) =>
    open(destination).readMetadata(name)
  const remove: GitHubSecrets['remove'] = ({ destination, name }) => open(destination).remove(name)
  return {
    prepare: (targets) =>
      runOnAllTargets(targets, 'could not be written', async (target) => {
        const store = open(target.destination)
        const key = await store.readSealingKey()
        return { target, store, key, access: undefined, metadata: await readMetadata(target) }
      }),
    write: async ({ target, store, metadata }, value) => {
      const sealed = seal(value)
      ports.hide(sealed)
      const done = await store.write(target.name, sealed, '', undefined)
      return metadata === undefined ? 'created' : done
    },
    readMetadata,
    remove,
    findPresent: async (targets) => {
      const found = await runOnAllTargets(targets, 'could not be read', readMetadata)
      return targets.filter((_target, index) => found[index] !== undefined)
    },
    removeAll: async (targets) => {
      const { done, failures } = await runOnTargets(targets, remove)
      return { deleted: done.map(({ target }) => target), failures }
    },
    hasEnvironment: () => Promise.reject(new Error('not to be called')),
    removeEnvironment: () => Promise.reject(new Error('not to be called')),
  }
}

function openStore(destination: SecretDestination, ports: SecretsPorts): SecretStore {
  const request = (method: string, name: string, body?: string) =>
    withRetries(async () => {
      const place = describeDestination(destination)
      const url = `${SECRETS_URL}?${new URLSearchParams({ place, name })}`
      const response = await ports.exchange({ method, url, headers: {}, body })
      const { status } = response
      if (status >= 300 && status !== 404) {
        throw new HttpStatusError(`GitHub returned ${status}`, status, undefined)
      }
      const content = parseJson(response.body)
      if (content === undefined) throw new UnreadableResponseError('The response is unreadable')
      return { status, content }
    }, ports.clock)
  return {
    readSealingKey: async () => ({ keyId: '', bytes: new Uint8Array(32) }),
    readMetadata: async (name) => {
      const { status, content } = await request('GET', name)
      if (status === 404 || !isRecord(content)) return undefined
      return { updatedAt: String(content['updatedAt']), visibility: undefined }
    },
    listSelected: async () => [],
    write: async (name, sealed) => {
      const { status } = await request('PUT', name, JSON.stringify({ sealed }))
      return status === 201 ? 'created' : 'updated'
    },
    remove: async (name) => {
      const { status } = await request('DELETE', name)
      return status === 404 ? 'gone' : 'deleted'
    },
  }
}
