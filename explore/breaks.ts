/** A deliberate mistake in the sources. */
export interface Break {
  readonly name: string
  /** Text that occurs exactly once in `src/`. */
  readonly find: string
  readonly replacement: string
  /** What must find it: a pair, as `--only` accepts it, the simulation if it takes several steps, or a test. */
  readonly by: string
}

/**
 * Deliberate mistakes, each breaking a promise in one place. The engines must find all of them; otherwise they would
 * not find the next accidental one.
 */
export const BREAKS: readonly Break[] = [
  {
    name: 'the new key is not masked',
    find: 'ports.mask(secret)',
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
    find: 'transaction.begin(describeIntent(found, step))',
    replacement: '',
    by: 'create-own/none',
  },
  {
    name: 'the ID of the new key is not saved',
    find: "transaction.advance('created', { keyId: key.id })",
    replacement: "transaction.advance('created')",
    by: 'create-secret/none',
  },
  {
    name: 'the delivery is not saved',
    find: "transaction.advance('delivered')",
    replacement: '',
    by: 'create-fixed/none',
  },
  {
    name: 'a write to a secret is not saved before it is sent',
    find: "mark(index, { status: 'writing' })",
    replacement: '',
    by: 'create-old-secret/none',
  },
  {
    name: 'a create that got no response is sent again at once',
    find: 'mayExist: keyId === undefined && (!isKnown || error.mayHaveTakenEffect)',
    replacement: 'mayExist: false',
    by: 'create-fixed/create-lost',
  },
  {
    name: 'a label with the run ID is not treated as its own',
    find: 'ownsLabel: isOwnLabel(step) &&',
    replacement: 'ownsLabel: false &&',
    by: 'create-own/create-lost',
  },
  {
    name: 'keys that existed before are mistaken for new ones',
    find: '!known.has(id.toLowerCase())',
    replacement: "id !== ''",
    by: 'create-own-again/create-lost',
  },
  {
    name: 'a key is revoked even though an overwritten secret contains it',
    find: 'secrets === undefined || written.some(({ existed }) => existed)',
    replacement: 'secrets === undefined',
    by: 'create-secrets/second-write-403',
  },
  {
    name: 'previous keys are revoked before the new one is delivered',
    find: 'await deliverKey(',
    replacement: 'await replacePrevious(previous, transaction, step)\n    await deliverKey(',
    by: 'replace-secret/none',
  },
  {
    name: 'the new key is not verified',
    find: 'await verifyKey(key, transaction.record.request.teamIds, ports.verifyClock, ports)',
    replacement: '',
    by: 'replace-verified/team-404',
  },
  {
    name: 'post does not read the journal when its state is lost',
    find: 'saved === undefined || main ? journal.findOwn(main, step) : undefined',
    replacement: 'undefined',
    by: 'create-lost-state/none',
  },
  {
    name: 'post goes by the old state',
    find: '(saved?.revision ?? -1) < (noted?.revision ?? -1) ? noted : saved',
    replacement: 'saved ?? noted',
    by: 'create-secret/container',
  },
  {
    name: 'post counts its own main step as another one',
    find: 'one.number !== own.number && ',
    replacement: '',
    by: '__tests__/transaction/journal.test.ts',
  },
  {
    name: 'post ends at the first signal',
    find: 'return runner.uninterrupted(() => recover(runner))',
    replacement: 'return recover(runner)',
    by: 'create-always/shutdown',
  },
  {
    name: 'retain is ignored',
    find: 'newestFirst.slice(retain)',
    replacement: 'newestFirst',
    by: 'replace-retain/none',
  },
  {
    name: 'post revokes nothing',
    find: 'await revoke(plan, step)',
    replacement: 'await Promise.resolve()',
    by: 'create-fixed/none',
  },
  {
    name: 'post revokes a key and leaves it in secrets',
    find: 'const released = await release(keyId, step)',
    replacement: 'const released = { deleted: [], overwritten: [], holding: [], foreign: [] }',
    by: 'always-secrets/none',
  },
  {
    name: 'post ignores revoke: always',
    find: "revoke === 'never' || (revoke === 'on_failure' && !hasFailed)",
    replacement: "revoke !== 'on_failure' || !hasFailed",
    by: 'create-always/none',
  },
  {
    name: 'the revoke action revokes before it deletes secrets',
    find: 'const { secrets, failures } = await deleteSecrets(step)',
    replacement:
      'await revoke(keys, step)\n  const { secrets, failures } = await deleteSecrets(step)',
    by: 'revoke-label/none',
  },
  {
    name: 'a step does not wait for its turn',
    find: 'this.#readMains().some((one) => this.#isAhead(one, record))',
    replacement: 'record.began < 0',
    by: 'simulation',
  },
  {
    name: 'a dead step keeps its turn',
    find: "return state === 'running'",
    replacement: 'return true',
    by: 'simulation',
  },
  {
    name: 'a ticket is not exclusive',
    find: 'linkSync(draft, path)',
    replacement: 'renameSync(draft, path)',
    by: '__tests__/runner/step-notes.test.ts',
  },
  {
    name: 'a record is matched by GITHUB_ACTION alone',
    find: '(step === undefined || isSameRequest(record, step))',
    replacement: 'true',
    by: 'simulation',
  },
  {
    name: "another step's key is mistaken for a stray",
    find: '[...knownIds, ...others,',
    replacement: '[...knownIds,',
    by: 'simulation',
  },
  {
    name: 'a key of a parallel step is mistaken for a previous one',
    find: '!journal.isOfSibling(id, transaction.record)',
    replacement: "id !== ''",
    by: 'simulation',
  },
  {
    name: 'known IDs are lost',
    find: '[...knownIds, ...others,',
    replacement: '[...others,',
    by: 'simulation',
  },
  {
    name: "a step's own key is mistaken for a stray",
    find: "...others, keyId ?? '']",
    replacement: "...others, '']",
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
    find: "return phase === 'intent' || mayExist",
    replacement: 'return false',
    by: 'simulation',
  },
]
