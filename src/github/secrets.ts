import { ActionError } from '../core/errors.js'
import { describeSecret, listFailures, type SecretTarget } from '../core/secret-target.js'
import type { SecretRecord } from '../transaction/record.js'
import { deleteCreated, type TakenBack, takeBackSecrets } from '../transaction/take-back.js'
import { WriteError, writeSecrets } from '../transaction/write-secrets.js'
import { connectGitHub, type GitHubAddress } from './client.js'
import { describeGitHubError } from './github-error.js'
import { type MissingEnvironments, type PreparedSecret, prepareSecrets } from './prepare-secrets.js'
import { settleTargets } from './run-on-targets.js'
import { openSecretStore } from './secret-store.js'

/** GitHub secrets as the commands use them. Everything it throws is an `ActionError`. */
export interface Secrets {
  /** Looks at all targets; throws one error that lists all that could not be written. */
  prepare(
    targets: readonly SecretTarget[],
    missing: MissingEnvironments,
  ): Promise<readonly PreparedSecret[]>
  /** Writes a value to all targets; `save` is told before and after each. Stops at the first failure. */
  write(
    value: string,
    prepared: readonly PreparedSecret[],
    save: (records: readonly SecretRecord[]) => void,
  ): Promise<void>
  /** Undoes the writing, if all of it can be undone. Never throws. */
  takeBack(records: readonly SecretRecord[]): Promise<TakenBack>
  /** Whether each target's secret is there; throws one error that lists all that could not be looked at. */
  inspect(targets: readonly SecretTarget[]): Promise<readonly boolean[]>
  /** Deletes secrets, all that it can; one that is missing is fine, a place that cannot be seen is not. */
  remove(targets: readonly SecretTarget[]): Promise<Removal>
  /** Deletes what the writing created. Never throws. */
  deleteCreated(records: readonly SecretRecord[]): Promise<TakenBack>
}

/** What came of deleting secrets. */
export interface Removal {
  /** Those that were there. */
  readonly deleted: readonly SecretTarget[]
  /** Why others could not be deleted, a line for each. */
  readonly failures: readonly string[]
}

/** What secrets need from the runner. */
export interface SecretsPorts {
  readonly debug: (message: string) => void
  readonly info: (message: string) => void
  readonly warning: (message: string) => void
  readonly scrub: (text: string) => string
  /** Hides a sealed value in everything that is shown. */
  readonly hide: (secret: string) => void
}

/** Connects to the secrets of one GitHub. */
export function connectSecrets(address: GitHubAddress, ports: SecretsPorts): Secrets {
  const api = connectGitHub(address, ports.debug)
  const takeBackPorts = {
    openStore: ({ destination }: SecretRecord) => openSecretStore(api, destination),
    now: Date.now,
    warn: (record: SecretRecord, error: unknown) => {
      const { message } = describeGitHubError(error, ports.scrub)
      ports.warning(`${describeSecret(record)} could not be taken back: ${message}`)
    },
  }
  return {
    prepare: (targets, missing) =>
      prepareSecrets(targets, missing, { api, scrub: ports.scrub, info: ports.info }),
    write: async (value, prepared, save) => {
      try {
        await writeSecrets(value, prepared, { save, hide: ports.hide })
      } catch (error) {
        if (!(error instanceof WriteError)) throw error
        const described = describeGitHubError(error.cause, ports.scrub)
        throw new ActionError(
          `${describeSecret(error.target)} could not be written: ${described.message}`,
          { cause: described },
        )
      }
    },
    inspect: async (targets) => {
      const outcomes = await settleTargets(targets, ports, ({ destination, name }) =>
        openSecretStore(api, destination).readFacts(name),
      )
      if (outcomes.failures.length === 0)
        return outcomes.done.map(({ value }) => value !== undefined)
      throw new ActionError(listFailures('could not be looked at', outcomes.failures))
    },
    remove: async (targets) => {
      const { done, failures } = await settleTargets(targets, ports, ({ destination, name }) =>
        openSecretStore(api, destination).remove(name),
      )
      const deleted = done.filter(({ value }) => value === 'deleted').map(({ target }) => target)
      return { deleted, failures }
    },
    takeBack: (records) => takeBackSecrets(records, takeBackPorts),
    deleteCreated: (records) => deleteCreated(records, takeBackPorts),
  }
}
