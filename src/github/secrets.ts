import type {
  EnvironmentDestination,
  SecretDestination,
  SecretTarget,
} from '../core/secret-target.js'
import type { ClientPorts } from '../http/service.js'
import { connectGitHub, type GitHubAddress, type GitHubWords } from './client.js'
import { confirmEnvironmentGone, deleteEnvironment, hasEnvironment } from './places.js'
import { type MissingEnvironments, type PreparedSecret, prepareSecrets } from './prepare-secrets.js'
import { loadSodium, openSecretStore } from './secret-store.js'

/** What a secret is whose environment its repository does not have: an error, or missing like the environment. */
type MissingPlaces = Exclude<MissingEnvironments, 'create'>

interface SecretsPorts extends ClientPorts {
  /** Hides a sealed value in everything that is shown. */
  readonly hide: (secret: string) => void
}

const WORDS: GitHubWords = {
  forbid: (permission) =>
    `github_token is not allowed to do this. The workflow's own GITHUB_TOKEN can never write secrets: use a GitHub App's installation token or a fine-grained personal access token, with the permission ${permission}`,
  move: (from, to) => `Change ${from} to ${to} in secret_targets`,
}

/** The secrets of one GitHub. Everything its methods throw is an `ActionError`. */
export type GitHubSecrets = ReturnType<typeof connectSecrets>

export function connectSecrets(address: GitHubAddress, ports: SecretsPorts) {
  const api = connectGitHub(address, ports, WORDS)
  const open = (destination: SecretDestination) => openSecretStore(api, destination, ports.hide)
  /** `undefined` when there is no such secret. */
  const readMetadata = ({ destination, name }: SecretTarget) => open(destination).readMetadata(name)
  /** Returns nothing for a secret whose environment is gone, where that is to be tolerated. */
  const unlessGone = async <T>(
    { destination }: SecretTarget,
    missing: MissingPlaces,
    result: Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await result
    } catch (error) {
      if (missing === 'refuse' || destination.kind !== 'environment') throw error
      await confirmEnvironmentGone(api, destination, error)
      return undefined
    }
  }
  return {
    /**
     * Checks all targets; throws one error that lists all that could not be written. Creates no environment before
     * `permission` is given.
     */
    prepare: async (
      targets: readonly SecretTarget[],
      missing: MissingEnvironments,
      permission: Promise<unknown>,
    ): Promise<readonly PreparedSecret[]> => {
      const preparation = { api, open, info: ports.info, permission }
      const preparing = prepareSecrets(targets, missing, preparation)
      // Once the first requests are on their way.
      const loading = new Promise((resolve) => setImmediate(resolve)).then(loadSodium)
      const [prepared] = await Promise.all([preparing, loading])
      return prepared
    },
    write: async (
      { target, store, key, metadata, access }: PreparedSecret,
      value: string,
    ): Promise<'created' | 'updated'> => {
      if (key === undefined) throw new TypeError('there is no public key to seal it with')
      const done = await store.write(target.name, value, key, access)
      // A write that is repeated after a lost response finds its own secret and reports it as updated.
      return metadata === undefined ? 'created' : done
    },
    readMetadata,
    /** Deletes a secret; one that is missing is `gone`, a repository or environment that is not visible is an error. */
    remove: async (
      target: SecretTarget,
      missing: MissingPlaces = 'refuse',
    ): Promise<'deleted' | 'gone'> => {
      const removing = open(target.destination).remove(target.name)
      return (await unlessGone(target, missing, removing)) ?? 'gone'
    },
    /** Whether a secret exists; one that cannot be seen is an error, as for `remove`. */
    hasSecret: async (target: SecretTarget, missing: MissingPlaces): Promise<boolean> =>
      (await unlessGone(target, missing, readMetadata(target))) !== undefined,
    /** Whether an environment exists; its repository must be visible. */
    hasEnvironment: (environment: EnvironmentDestination) => hasEnvironment(api, environment),
    /** Deletes an environment with everything in it; one that the list shows to be gone is `gone`. */
    removeEnvironment: (environment: EnvironmentDestination) => deleteEnvironment(api, environment),
  }
}
