/** A deliberate mistake in the sources. */
export interface Break {
  readonly name: string
  /** Text that occurs exactly once in `src/`. */
  readonly find: string
  readonly replacement: string
  /** What must find it: a pair, as `--only` accepts it, or the simulation if it takes several steps. */
  readonly by: string
}

/**
 * Deliberate mistakes, each breaking a promise in one place. The engines must find all of them; otherwise they would
 * not find the next accidental one.
 */
export const BREAKS: readonly Break[] = [
  {
    name: 'the new key is not masked',
    find: 'ports.mask(key.value)',
    replacement: '',
    by: 'create-fixed/none',
  },
  {
    name: 'credentials are not masked',
    find: "const MASKED_INPUTS = ['org_key', 'github_token']",
    replacement: "const MASKED_INPUTS = ['github_token']",
    by: 'create-fixed/none',
  },
  {
    name: 'the intent is not saved',
    find: 'transaction.begin()',
    replacement: '',
    by: 'create-own/none',
  },
  {
    name: 'the journal has the record before the state has it',
    find: 'this.#ports.save(record)',
    replacement: 'this.#ports.journal.write(record)\n    this.#ports.save(record)',
    by: 'create-own/none',
  },
  {
    name: 'the ID of the new key is not saved',
    find: 'save: (record) =>',
    replacement: "save: (record) => record.phase !== 'created' &&",
    by: 'create-secret/none',
  },
  {
    name: 'the delivery is not saved',
    find: 'save: (record) =>',
    replacement: "save: (record) => record.phase !== 'delivered' &&",
    by: 'create-fixed/none',
  },
  {
    name: 'a write to a secret is not saved before it is sent',
    find: "mark(index, 'writing')",
    replacement: '',
    by: 'create-old-secret/none',
  },
  {
    name: 'a create that got no response is sent again at once',
    find: "isTransient(error) ? 'unknown' : 'refused-unclear'",
    replacement: "'none'",
    by: 'create-fixed/create-lost',
  },
  {
    name: 'a label with the run ID is not treated as its own',
    find: 'ownsLabel: isOwnLabel(step)',
    replacement: 'ownsLabel: false',
    by: 'create-own/create-lost',
  },
  {
    name: 'keys that existed before are mistaken for new ones',
    find: '!known.has(key.id.toLowerCase()) &&',
    replacement: '',
    by: 'create-own-again/create-lost',
  },
  {
    name: 'a key is revoked even though an overwritten secret contains it',
    find: 'touched.some(({ existed }) => existed)',
    replacement: 'false',
    by: 'create-secrets/second-write-403',
  },
  {
    name: 'previous keys are revoked before the new one is delivered',
    find: 'await deliverKey(',
    replacement:
      'await replacePrevious(previous, transaction.record, watch, step)\n    await deliverKey(',
    by: 'replace-secret/none',
  },
  {
    name: 'the new key is not verified',
    find: 'await verifyKey(key, transaction.record.request.teamIds, ports.verify)',
    replacement: '',
    by: 'replace-verified/team-404',
  },
  {
    name: 'post does not read the journal when its state is lost',
    find: 'journal.findOwn(MAIN_STEP_PATIENCE_MS)',
    replacement: 'Promise.resolve(undefined)',
    by: 'create-lost-state/none',
  },
  {
    name: 'retain is ignored',
    find: 'newestFirst.slice(retain)',
    replacement: 'newestFirst',
    by: 'replace-retain/none',
  },
  {
    name: 'post revokes nothing',
    find: 'await revoke(key, step)',
    replacement: 'await Promise.resolve()',
    by: 'create-fixed/none',
  },
  {
    name: 'post revokes a key and leaves it in secrets',
    find: 'const released = await releaseSecrets(keyId, step)',
    replacement: 'const released = { deleted: [], overwritten: [] }',
    by: 'always-secrets/none',
  },
  {
    name: 'post ignores revoke: always',
    find: "revoke === 'always' ||",
    replacement: '',
    by: 'create-always/none',
  },
  {
    name: 'the revoke action revokes before it deletes secrets',
    find: 'const deleted = await deleteSecrets(step)',
    replacement: 'await revokeAll(ids, step)\n  const deleted = await deleteSecrets(step)',
    by: 'revoke-label/none',
  },
  {
    name: 'the journal is not read',
    find: 'await journal.settle(record)',
    replacement: '{ keyIds: [], looking: [], areAsking: false }',
    by: 'simulation',
  },
  {
    name: "post does not wait for another step's open request",
    find: 'if (open.length === 0) return',
    replacement: 'return',
    by: 'simulation',
  },
  {
    name: "another step's key is mistaken for a stray",
    find: '...others.keyIds',
    replacement: '',
    by: 'simulation',
  },
  {
    name: 'an open request is not noted',
    find: 'this.#ports.journal.write(this.#record, this.#ports.timeoutMs)',
    replacement: 'this.#ports.journal.write(this.#record)',
    by: 'simulation',
  },
  {
    name: 'a step waits for a process that has ended',
    find: '&& isAlive(one.pid)',
    replacement: '',
    by: 'simulation',
  },
  {
    name: 'a key of a parallel step is mistaken for a previous one',
    find: '!others.mayHaveCreated(id)',
    replacement: 'true',
    by: 'simulation',
  },
  {
    name: 'known IDs are lost',
    find: '...record.knownIds, record.keyId',
    replacement: 'record.keyId',
    by: 'simulation',
  },
  {
    name: "a step's own key is mistaken for a stray",
    find: "record.keyId ?? ''",
    replacement: "''",
    by: 'simulation',
  },
  {
    name: 'a key whose value is unreadable is not revoked',
    find: 'await revokeUndelivered(keyId, error, ports)',
    replacement: '',
    by: 'simulation',
  },
  {
    name: 'post looks for no stray keys',
    find: "mayHaveStrays: record.phase === 'intent' || record.mayExist",
    replacement: 'mayHaveStrays: false',
    by: 'simulation',
  },
]
