import { ActionError } from '../core/errors.js'
import type { EnvironmentDestination, SecretTarget } from '../core/secret-target.js'
import type { ClientPorts } from '../http/service.js'
import { connectGitHub, type GitHubAddress, type GitHubWords } from './client.js'
import { confirmEnvironmentGone, deleteEnvironment, hasEnvironment } from './places.js'
import {
  type MissingEnvironments,
  type PreparedSecret,
  prepareSecrets,
  runOnAllTargets,
} from './prepare-secrets.js'
import { openSecretStore, type SealingKey, type SecretMetadata } from './secret-store.js'

/** The secrets of one GitHub. Everything its methods throw is an `ActionError`. */
export interface GitHubSecrets {
  /**
   * Checks all targets; throws one error that lists all that could not be written. Creates no environment before
   * `permission` is given.
   */
  prepare(
    targets: readonly SecretTarget[],
    missing: MissingEnvironments,
    permission: Promise<unknown>,
  ): Promise<readonly PreparedSecret[]>
  /** Seals a value for one target and writes it. */
  write(prepared: PreparedSecret, value: string): Promise<'created' | 'updated'>
  /** `undefined` when there is no such secret. */
  readMetadata(target: SecretTarget): Promise<SecretMetadata | undefined>
  /** Deletes a secret; one that is missing is `gone`, a repository or environment that is not visible is an error. */
  remove(target: SecretTarget, missing?: MissingPlaces): Promise<'deleted' | 'gone'>
  /** The targets whose secret exists; throws one error that lists all that could not be read. */
  findPresent(
    targets: readonly SecretTarget[],
    missing: MissingPlaces,
  ): Promise<readonly SecretTarget[]>
  /** Whether an environment exists; its repository must be visible. */
  hasEnvironment(environment: EnvironmentDestination): Promise<boolean>
  /** Deletes an environment with everything in it; one that the list shows to be gone is `gone`. */
  removeEnvironment(environment: EnvironmentDestination): Promise<'deleted' | 'gone'>
}

/** What a secret is whose environment its repository does not have: an error, or missing like the environment. */
export type MissingPlaces = Exclude<MissingEnvironments, 'create'>

/** What secrets need from outside. */
export interface SecretsPorts extends ClientPorts {
  /** Hides a sealed value in everything that is shown. */
  readonly hide: (secret: string) => void
}

const WORDS: GitHubWords = {
  forbid: (permission) =>
    `github_token is not allowed to do this. The workflow's own GITHUB_TOKEN can never write secrets: use a GitHub App's installation token or a fine-grained personal access token, with the permission ${permission}`,
  move: (from, to) => `Change ${from} to ${to} in secret_targets`,
}

/** Connects to the secrets of one GitHub. */
export function connectSecrets(address: GitHubAddress, ports: SecretsPorts): GitHubSecrets {
  const api = connectGitHub(address, ports, WORDS)
  const readMetadata = ({ destination, name }: SecretTarget) =>
    openSecretStore(api, destination).readMetadata(name)
  /** Returns nothing for a secret whose environment is gone, where that is to be tolerated. */
  const unlessGone = async <T>(
    { destination }: SecretTarget,
    missing: MissingPlaces,
    work: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (missing === 'refuse' || destination.kind !== 'environment') throw error
      await confirmEnvironmentGone(api, destination, error)
      return undefined
    }
  }
  return {
    prepare: async (targets, missing, permission) => {
      const preparation = { info: ports.info, trySeal, permission }
      const preparing = prepareSecrets(targets, missing, api, preparation)
      // Once the first requests are on their way.
      const loading = new Promise((resolve) => setImmediate(resolve)).then(loadSodium)
      const [prepared] = await Promise.all([preparing, loading])
      return prepared
    },
    write: async ({ target, store, key, metadata, access }, value) => {
      if (key === undefined) throw new TypeError('there is no public key to seal it with')
      const sealed = await sealValue(value, key)
      ports.hide(sealed)
      const done = await store.write(target.name, sealed, key.keyId, access)
      // A write that is repeated after a lost response finds its own secret and reports it as updated.
      return metadata === undefined ? 'created' : done
    },
    readMetadata,
    remove: async (target, missing = 'refuse') => {
      const store = openSecretStore(api, target.destination)
      return (await unlessGone(target, missing, () => store.remove(target.name))) ?? 'gone'
    },
    findPresent: async (targets, missing) => {
      const found = await runOnAllTargets(targets, 'could not be read', (target) =>
        unlessGone(target, missing, () => readMetadata(target)),
      )
      return targets.filter((_target, index) => found[index] !== undefined)
    },
    hasEnvironment: (environment) => hasEnvironment(api, environment),
    removeEnvironment: (environment) => deleteEnvironment(api, environment),
  }
}

/** Loads libsodium, whose WebAssembly takes a while to start; the first value that is sealed waits for it. */
export async function loadSodium() {
  const { default: sodium } = await import(/* webpackMode: "eager" */ 'libsodium-wrappers')
  await sodium.ready
  return sodium
}

/**
 * Seals a value for a destination: a libsodium sealed box, which only GitHub can open, in base64
 * (source: GitHub's guide to encrypting secrets for the REST API).
 */
export async function sealValue(value: string, key: SealingKey): Promise<string> {
  const sodium = await loadSodium()
  const box = sodium.crypto_box_seal(sodium.from_string(value), key.bytes)
  return sodium.to_base64(box, sodium.base64_variants.ORIGINAL)
}

/** Some keys of the right length, such as one of zeros, are refused only now. */
async function trySeal(key: SealingKey): Promise<void> {
  try {
    await sealValue('', key)
  } catch (cause) {
    throw new ActionError('the public key that GitHub returned for it cannot encrypt anything', {
      cause,
    })
  }
}
