import type { Sandbox, SecretStoreName } from '../../sandbox/types.js'
import { SECRET } from './scenario.js'

export const OLD_VALUE = 'an older value'

/**
 * Lists every secret, one per line: its place, its name, and its content. `active` and `revoked` are Management
 * Keys, `unusable` is a box that its destination cannot open.
 */
export function listSecrets({ github, keys }: Sandbox): readonly string[] {
  return github
    .secrets()
    .map(({ owner, repo, environment, store, name, value }) => {
      const key = keys().find((one) => one.key === value)
      const content =
        key === undefined ? (value ?? 'unusable') : key.revokedAt === null ? 'active' : 'revoked'
      const place = repo === undefined ? owner : `${owner}/${repo}`
      const inside = environment === undefined ? '' : ` env ${environment}`
      return `${place}${inside}${store === 'actions' ? '' : ` ${store}`}: ${name} = ${content}`
    })
    .sort()
}

export function addOldSecret(
  { github, repository }: Sandbox,
  place: {
    store?: SecretStoreName
    environment?: string
    name?: string
    value?: string | undefined
  } = {},
): void {
  const [owner = '', repo = ''] = repository.split('/')
  github.addSecret({ owner, repo, name: SECRET, ...place, value: place.value ?? OLD_VALUE })
}
