/**
 * Checks runs against the promises of the action: given the state of the two services and all output of the runs, it
 * lists every violation. Plain data in, plain data out, for both engines: one kills processes, the other has none.
 */

/** A Management Key, with its value. */
export interface OracleKey {
  readonly id: string
  readonly value: string
  readonly label: string
  readonly teamIds: readonly string[]
  readonly createdAt: string
  readonly revoked: boolean
  /** Name of the step that created it; `null` if none did. */
  readonly madeBy: string | null
}

/** Where a secret is, in the syntax of `secret_targets`, and its name. */
export interface OracleTarget {
  readonly place: string
  readonly name: string
}

/** A secret, opened; `null` when its destination cannot open it. */
export interface OracleSecret extends OracleTarget {
  readonly value: string | null
}

/** The state of the two services at one moment. */
export interface OracleWorld {
  readonly keys: readonly OracleKey[]
  readonly secrets: readonly OracleSecret[]
}

/** One process of a step, and all its output that the runner saw. */
export interface OracleRun {
  readonly stage: 'main' | 'post'
  /** What it was given, and must mask first. */
  readonly credentials: readonly string[]
  /** `time` when it did not end and was stopped. */
  readonly endedBy: 'itself' | 'killed' | 'time'
  readonly exitCode: number | null
  /** Raw lines of the log. */
  readonly lines: readonly string[]
  /** Values that it masked. */
  readonly masks: readonly string[]
  readonly annotations: readonly { readonly level: string; readonly message: string }[]
  readonly outputs: Readonly<Record<string, string>>
  /** Variables for later steps. */
  readonly env: Readonly<Record<string, string>>
  /** State for the post step. */
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
  /** What it gave as outputs or variables when the runner had read its files. */
  readonly givenInVain?: readonly string[]
}

/** A step: the inputs that the promises depend on, and its runs. */
export interface OracleStep {
  readonly name: string
  readonly action: 'create' | 'revoke' | 'prune'
  readonly label: string
  readonly teamIds: readonly string[]
  readonly ifExists: 'create' | 'replace' | 'skip' | 'fail'
  readonly retain: number
  /** Its input `revoke`. */
  readonly policy: 'never' | 'always' | 'on_failure'
  /** Whether every new key with its label is its own. */
  readonly ownsLabel: boolean
  readonly outputKey: boolean
  readonly envName: string | undefined
  /** Whether it tries the key before it delivers it. */
  readonly verifies: boolean
  /** Secrets to write or to delete. */
  readonly targets: readonly OracleTarget[]
  /** Keys that a revoke or prune step is to revoke. */
  readonly selectedIds: readonly string[]
  /** Whether the job had failed when the post step ran. */
  readonly jobFailed: boolean
  /**
   * Whether its last process had the time to end by itself. Otherwise, a new key may be active that nothing has named
   * yet, so promise 4 does not apply.
   */
  readonly over: boolean
  /** Whether its last process had the inputs and the time to list keys; to revoke one, and delete the secrets with it. */
  readonly canList: boolean
  readonly canRevoke: boolean
  /** In order. */
  readonly runs: readonly OracleRun[]
}

/** Everything the oracle needs. */
export interface Story {
  readonly before: OracleWorld
  readonly after: OracleWorld
  readonly steps: readonly OracleStep[]
  /** What must not be shown, besides keys: credentials and sealed values. */
  readonly confidential: readonly string[]
  /** The contents of `RUNNER_TEMP`. */
  readonly notes: string
  /**
   * Whether the Management API serves the key list in the end. Otherwise, the ID of a key whose create request got no
   * response cannot be known, and naming its label is enough.
   */
  readonly listing: boolean
  /** Whether the services revoke keys in the end, and delete the secrets that must be deleted first. */
  readonly revoking: boolean
  /** Whether the Management API accepts new keys in the end, when a step verifies them. */
  readonly accepting: boolean
}

/** A promise that a story breaks, by its number in the design. */
export interface Violation {
  readonly promise: number
  readonly what: string
}

/** Lists the broken promises of a story. */
export function judge(story: Story): Violation[] {
  return [
    ...findLeaks(story),
    ...findUnmasked(story),
    ...findHarmToOthers(story),
    ...findRevokedSecrets(story),
    ...findLostSecrets(story),
    ...findUnverified(story),
    ...story.steps.flatMap((step) => [
      ...step.runs.flatMap(judgeEnd),
      ...judgeReports(step, story),
      ...(step.action === 'create' ? judgeCreate(step, story) : judgeRevocation(step, story)),
    ]),
  ]
}

function judgeCreate(step: OracleStep, story: Story): Violation[] {
  return [
    ...findLostKeys(step, story),
    ...judgeSuccess(step, story),
    ...judgeFailure(step, story),
    ...judgeReplace(step, story),
    ...judgeSkip(step, story),
  ]
}

/** Promise 1: no text contains a secret, except commands that mask it and the places meant for a key. */
function findLeaks({ after, steps, confidential, notes }: Story): Violation[] {
  const secrets = [...after.keys.map(({ value }) => value), ...confidential].filter(Boolean)
  const texts = steps.flatMap((step) =>
    step.runs.flatMap((run) => listTexts(step, run).map((text) => ({ ...text, stage: run.stage }))),
  )
  return [...texts, { where: 'RUNNER_TEMP', text: notes, stage: 'a step' }]
    .filter(({ text }) => secrets.some((secret) => text.includes(secret)))
    .map(({ where, stage }) => ({ promise: 1, what: `${stage} shows a secret in its ${where}` }))
}

function listTexts({ envName }: OracleStep, run: OracleRun) {
  const values = [
    ...Object.entries(run.outputs).filter(([name]) => name !== 'key'),
    ...Object.entries(run.env).filter(([name]) => name !== envName),
  ]
  const log = run.lines.filter((line) => !line.startsWith('::add-mask::'))
  return [
    { where: 'log', text: log.join('\n') },
    { where: 'annotations', text: run.annotations.map(({ message }) => message).join('\n') },
    { where: 'outputs and variables', text: values.flat().join('\n') },
    { where: 'state', text: Object.values(run.state).join('\n') },
    { where: 'job summary', text: run.summary },
  ]
}

/** Promise 1: credentials are masked before any other output, and a key before it is delivered. */
function findUnmasked({ after, steps }: Story): Violation[] {
  return steps.flatMap(({ name, runs, canList }) =>
    runs.flatMap((run) => {
      const first = run.lines.findIndex((line) => !line.startsWith('::add-mask::'))
      const masksFirst = run.lines.slice(0, Math.max(first, 0)).join('\n')
      const isLate = first !== -1 && run.credentials.some((secret) => !masksFirst.includes(secret))
      const late = `${run.stage} prints something before it masks its credentials`
      const given: unknown[] = [
        ...Object.values(run.outputs),
        ...Object.values(run.env),
        ...(run.stage === 'main' ? after.secrets.map(({ value }) => value) : []),
      ]
      // A second main step need not know the key of the first.
      const mains = runs.filter(({ stage }) => stage === 'main')
      // Nobody reads what a main step prints that goes on in a job container.
      const isRead = canList || run.endedBy === 'itself'
      const isOnly = run.stage === 'main' && mains.length < 2 && isRead
      const bare = after.keys.filter(
        ({ madeBy, value }) =>
          isOnly && madeBy === name && given.includes(value) && !run.masks.includes(value),
      )
      return [
        ...(isLate ? [{ promise: 1, what: late }] : []),
        ...bare.map(({ id }) => ({ promise: 1, what: `key ${id} is delivered without a mask` })),
      ]
    }),
  )
}

/** Promises 5 and 7: a step revokes only its own key, those it replaces and those it was asked to revoke. */
function findHarmToOthers(story: Story): Violation[] {
  const { before, after, steps } = story
  return after.keys
    .filter((key) => key.revoked && before.keys.find(({ id }) => id === key.id)?.revoked !== true)
    .filter((key) => !steps.some((step) => mayRevoke(step, key, story)))
    .map(({ id, madeBy }) => ({
      promise: 5,
      what: `key ${id} (made by ${madeBy ?? 'somebody else'}) is revoked, but no step was allowed to`,
    }))
}

function mayRevoke(step: OracleStep, key: OracleKey, story: Story): boolean {
  if (step.action !== 'create') return step.selectedIds.includes(key.id)
  if (step.name === key.madeBy) return true
  const wasThere = story.before.keys.some(({ id }) => id === key.id)
  return wasThere && isPrevious(step, key) && findDelivered(step, story).length > 0
}

function isPrevious(step: OracleStep, key: OracleKey): boolean {
  return (
    step.action === 'create' &&
    step.ifExists === 'replace' &&
    step.name !== key.madeBy &&
    step.label === key.label &&
    [...step.teamIds].sort().join() === [...key.teamIds].sort().join()
  )
}

/** Finds keys that a step has delivered completely, in every requested way. */
function findDelivered(step: OracleStep, { after }: Story): OracleKey[] {
  const { name, outputKey, envName, targets, runs } = step
  // A main step does not see that nobody reads its files any more.
  const wasGiven = (value: string) =>
    runs.some(({ givenInVain }) => givenInVain?.includes(value)) ||
    ((!outputKey || runs.some(({ outputs }) => outputs['key'] === value)) &&
      (envName === undefined || runs.some(({ env }) => env[envName] === value)))
  // What the post step deletes or revokes at the end of the job was still delivered.
  const wasUndone = runs.some(({ stage }) => stage === 'post') && isRevokedByPolicy(step)
  return after.keys.filter(
    (key) =>
      key.madeBy === name &&
      wasGiven(key.value) &&
      (wasUndone || targets.every((target) => findSecret(after, target)?.value === key.value)),
  )
}

function isRevokedByPolicy({ policy, jobFailed }: OracleStep): boolean {
  return policy === 'always' || (policy === 'on_failure' && jobFailed)
}

function findSecret({ secrets }: OracleWorld, target: OracleTarget): OracleSecret | undefined {
  return secrets.find((secret) => isSameTarget(secret, target))
}

function isSameTarget(one: OracleTarget, other: OracleTarget): boolean {
  return one.place === other.place && one.name === other.name
}

function readAlarms(runs: readonly OracleRun[], levels = ['error', 'warning']): string {
  return runs
    .flatMap(({ annotations }) => annotations)
    .filter(({ level }) => levels.includes(level))
    .map(({ message }) => message)
    .join('\n')
}

/** Promise 6, at every moment: no secret that a step was to write or delete contains a revoked key. */
function findRevokedSecrets({ before, after, steps }: Story): Violation[] {
  return after.secrets.flatMap((secret) => {
    const { name, place } = secret
    const key = after.keys.find(({ value }) => value === secret.value)
    if (key?.revoked !== true || wasRevokedBefore(before, secret)) return []
    const isTarget = steps.some(({ targets }) => targets.some((one) => isSameTarget(one, secret)))
    const isExcused = steps.some(
      (step) =>
        step.name === key.madeBy &&
        isRevokedByPolicy(step) &&
        readAlarms(step.runs, ['warning']).includes(`${name} in ${place}`),
    )
    if (!isTarget || isExcused) return []
    return [{ promise: 6, what: `${name} in ${place} contains key ${key.id}, which is revoked` }]
  })
}

function wasRevokedBefore(before: OracleWorld, secret: OracleSecret): boolean {
  const key = before.keys.find(({ value }) => value === secret.value)
  return key?.revoked === true && findSecret(before, secret)?.value === secret.value
}

/**
 * Promise 6: a create step deletes no secret that existed before, changes only its targets, and leaves no value that
 * is neither the old one nor a step's key.
 */
function findLostSecrets({ before, after, steps }: Story): Violation[] {
  const isTargetOf = (action: OracleStep['action'], secret: OracleSecret) =>
    steps.some(
      (step) => step.action === action && step.targets.some((one) => isSameTarget(one, secret)),
    )
  const lost = before.secrets
    .filter((secret) => findSecret(after, secret) === undefined && !isTargetOf('revoke', secret))
    .map(({ name, place }) => ({ promise: 6, what: `${name} in ${place} is gone` }))
  const values = after.keys.filter(({ madeBy }) => madeBy !== null).map(({ value }) => value)
  const changed = after.secrets
    .filter((secret) => findSecret(before, secret)?.value !== secret.value)
    .filter(
      (secret) =>
        !isTargetOf('create', secret) || secret.value === null || !values.includes(secret.value),
    )
    .map(({ name, place }) => ({
      promise: 6,
      what: `${name} in ${place} contains what no step was to write there`,
    }))
  return [...lost, ...changed]
}

/** Promise 11: a key that is not accepted by the service when its step verifies it is given to nobody. */
function findUnverified(story: Story): Violation[] {
  if (story.accepting) return []
  const held = findHeld(story)
  const verified = story.steps.filter(({ verifies }) => verifies).map(({ name }) => name)
  return story.after.keys
    .filter(({ madeBy, value }) => madeBy !== null && verified.includes(madeBy) && held.has(value))
    .map(({ id }) => ({ promise: 11, what: `key ${id} is delivered, and was not accepted` }))
}

/** Everything that outputs, variables and secrets hold, keys among it. */
function findHeld({ after, steps }: Story): Set<string> {
  const runs = steps.flatMap((step) => step.runs)
  return new Set([
    ...runs.flatMap(({ outputs, env }) => [...Object.values(outputs), ...Object.values(env)]),
    ...after.secrets.flatMap(({ value }) => value ?? []),
  ])
}

/**
 * Promises 4 and 9: a step ends by itself, a failure says why, and post never fails a job. Promise 10: one notice a
 * step at most.
 */
function judgeEnd(run: OracleRun): Violation[] {
  const { stage, endedBy, exitCode, annotations } = run
  if (annotations.filter(({ level }) => level === 'notice').length > 1) {
    return [{ promise: 10, what: `${stage} has more than one notice` }]
  }
  if (endedBy === 'time') return [{ promise: 4, what: `${stage} does not end` }]
  if (endedBy === 'killed') return []
  const hasError = readAlarms([run], ['error']) !== ''
  if (stage === 'post' && (exitCode !== 0 || hasError)) {
    return [{ promise: 9, what: `post fails the job (exit code ${exitCode})` }]
  }
  return exitCode !== 0 && !hasError
    ? [{ promise: 4, what: `main fails (exit code ${exitCode}) without an error` }]
    : []
}

/** Promise 12: what the outputs report as revoked or deleted is. */
function judgeReports({ runs }: OracleStep, { after }: Story): Violation[] {
  return runs.flatMap(({ outputs }) => {
    const ids = ['replaced_key_ids', 'revoked_key_ids'].flatMap((name) => readList(outputs[name]))
    const active = after.keys.filter(({ id, revoked }) => !revoked && ids.includes(id))
    const deleted = readList(outputs['deleted_secrets']).filter(isTarget)
    const there = deleted.filter(({ target, name }) => findSecret(after, { place: target, name }))
    return [
      ...active.map(({ id }) => `key ${id} is reported as revoked, but is not`),
      ...there.map(({ target, name }) => `${name} in ${target} is reported as deleted, but exists`),
    ].map((what) => ({ promise: 12, what }))
  })
}

function readList(text: string | undefined): unknown[] {
  const value: unknown = JSON.parse(text || '[]')
  return Array.isArray(value) ? value : []
}

function isTarget(value: unknown): value is { target: string; name: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'target' in value &&
    typeof value.target === 'string' &&
    'name' in value &&
    typeof value.name === 'string'
  )
}

/**
 * Promise 4: in the end, each new key is revoked, delivered, or named in an error or a warning. Promise 5: if the
 * label is the step's own, the key is revoked, not only named, as long as the service allows it.
 */
function findLostKeys(step: OracleStep, story: Story): Violation[] {
  const { after, listing, revoking } = story
  if (!step.over) return []
  const held = findHeld(story)
  const alarms = readAlarms(step.runs)
  const mustName = listing && step.canList
  const mustRevoke = step.ownsLabel && step.canRevoke && mustName && revoking
  return after.keys
    .filter(({ madeBy, revoked, value }) => madeBy === step.name && !revoked && !held.has(value))
    .flatMap(({ id, value }) => {
      if (!alarms.includes(id) && (mustName || !alarms.includes(`"${step.label}"`))) {
        return [{ promise: 4, what: `key ${id} is active and unused, and nothing names it` }]
      }
      // Post cannot tell a key that was given in vain from one that was given.
      const isGiven = step.runs.some(({ givenInVain }) => givenInVain?.includes(value))
      return mustRevoke && !isGiven && !isInDoubt(step, story)
        ? [{ promise: 5, what: `key ${id} is the step's own and unused, but is only named` }]
        : []
    })
}

/** Whether a write to a secret that was there before got no response: it counts as done, and its key stays active. */
function isInDoubt({ runs }: OracleStep, { notes }: Story): boolean {
  const records = [notes, ...runs.flatMap(({ state }) => Object.values(state))]
  return records.some((text) => /"existed\\*":true,\\*"status\\*":\\*"writing/.test(text))
}

/**
 * A step that reports a created key has delivered it, and the key works: what is in outputs, variables and secrets is
 * not revoked, except by the job's policy.
 */
function judgeSuccess(step: OracleStep, story: Story): Violation[] {
  const main = findSuccess(step)
  if (main?.outputs['created'] !== 'true') return []
  const key = findDelivered(step, story).find(({ id }) => id === main.outputs['key_id'])
  if (key === undefined) {
    return [{ promise: 6, what: 'main succeeds, but did not deliver its key everywhere' }]
  }
  const written = readList(main.outputs['secrets']).filter(isTarget)
  const revoked = `key ${key.id} was delivered by a step that succeeded, but is revoked`
  return [
    ...(key.revoked && !isRevokedByPolicy(step) ? [{ promise: 6, what: revoked }] : []),
    ...(written.length === step.targets.length
      ? []
      : [{ promise: 6, what: 'main succeeds, but its output "secrets" omits some' }]),
    ...judgePolicy(step, key),
  ]
}

/** The main process that ended by itself, without a failure. */
function findSuccess({ runs }: OracleStep): OracleRun | undefined {
  const main = runs.find(({ stage }) => stage === 'main')
  return main?.endedBy === 'itself' && main.exitCode === 0 ? main : undefined
}

/** A key that must not outlive the job is revoked by the post step, or named. */
function judgePolicy(step: OracleStep, { id, revoked }: OracleKey): Violation[] {
  const hasPost = step.runs.some(({ stage }) => stage === 'post')
  if (!step.over || !hasPost || !isRevokedByPolicy(step) || revoked) return []
  const isNamed = readAlarms(step.runs, ['warning']).includes(id)
  return isNamed ? [] : [{ promise: 4, what: `key ${id} outlives its job, contrary to the policy` }]
}

/** Promise 6: a step that fails names the targets that contain its key, as long as the key is active. */
function judgeFailure(step: OracleStep, { after }: Story): Violation[] {
  const [main] = step.runs
  if (main?.endedBy !== 'itself' || main.exitCode === 0) return []
  const reported = `${main.outputs['secrets'] ?? ''}\n${readAlarms([main], ['error'])}`
  return step.targets
    .filter((target) => {
      const value = findSecret(after, target)?.value
      const isOwn = after.keys.some((key) => key.madeBy === step.name && key.value === value)
      return isOwn && !reported.includes(target.place)
    })
    .map(({ place }) => ({
      promise: 6,
      what: `main fails without reporting that ${place} contains its key`,
    }))
}

/**
 * Promise 7: previous keys are revoked only after the new one is delivered, the newest stay as requested, and a step
 * that succeeds has revoked or named all others.
 */
function judgeReplace(step: OracleStep, story: Story): Violation[] {
  const previous = story.before.keys
    .filter((key) => !key.revoked && isPrevious(step, key))
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt))
  const isRevoked = ({ id }: OracleKey) =>
    story.after.keys.some((key) => key.id === id && key.revoked)
  // Steps that replace the same keys side by side each go by their own `retain`.
  const replacing = story.steps.filter((other) => previous.some((key) => isPrevious(other, key)))
  const retain = Math.min(step.retain, ...replacing.map((other) => other.retain))
  const kept = previous.slice(0, retain).filter(isRevoked)
  // One of them that cannot revoke a key says so for all.
  const runs = [step, ...replacing].flatMap((one) => one.runs)
  const warnings = readAlarms(runs, ['warning'])
  // What another one has revoked before counts no more for `retain`.
  const left = previous
    .filter((key) => !isRevoked(key))
    .slice(step.retain)
    .filter(({ id }) => findSuccess(step) !== undefined && !warnings.includes(id))
  const isEarly =
    previous.some(isRevoked) && replacing.every((one) => findDelivered(one, story).length === 0)
  return [
    ...(isEarly ? ['a previous key is revoked, and the new one is not delivered'] : []),
    ...kept.map(({ id }) => `key ${id} should have been retained`),
    ...left.map(({ id }) => `previous key ${id} stays active, but nothing names it`),
  ].map((what) => ({ promise: 7, what }))
}

/** Promise 8: a step skips only if an active key and every secret exist. */
function judgeSkip(step: OracleStep, { before }: Story): Violation[] {
  if (step.ifExists !== 'skip' || findSuccess(step)?.outputs['created'] !== 'false') return []
  const isInPlace =
    before.keys.some(({ label, revoked }) => label === step.label && !revoked) &&
    step.targets.every((target) => findSecret(before, target) !== undefined)
  return isInPlace ? [] : [{ promise: 8, what: 'main skips, but not everything is in place' }]
}

/**
 * The revoke and prune actions: a run that succeeds has revoked and deleted everything selected; one that fails
 * revokes no key while a secret with it is there.
 */
function judgeRevocation(
  { runs, selectedIds, targets }: OracleStep,
  { after }: Story,
): Violation[] {
  const last = runs.at(-1)
  if (last?.endedBy !== 'itself') return []
  const active = after.keys.filter(({ id, revoked }) => selectedIds.includes(id) && !revoked)
  const there = targets.filter((target) => findSecret(after, target) !== undefined)
  if (last.exitCode === 0) {
    return [
      ...active.map(({ id }) => `key ${id} is active after a success`),
      ...there.map(({ place }) => `${place} has its secret after a success`),
    ].map((what) => ({ promise: 12, what }))
  }
  const [target] = there
  const errors = readAlarms([last], ['error'])
  return target !== undefined && active.length < selectedIds.length
    ? [{ promise: 6, what: `a key is revoked while ${target.place} has its secret: ${errors}` }]
    : []
}
