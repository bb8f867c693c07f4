/**
 * Checks runs against the promises of the action: given the state of the two services and all output of the runs, it
 * lists every violation. Plain data in, plain data out, for both engines: one kills processes, the other has none.
 */
import type { RunResult } from '../local-runner/types.ts'
import type { SandboxKey } from '../sandbox/types.ts'
import { ENV_NAME, listTargets, RUN_ID, type StepPlan, type Target } from './scenarios.js'

/** A Management Key, and the name of the step that created it; `null` if none did. */
export interface OracleKey extends SandboxKey {
  readonly madeBy: string | null
}

/** A secret, opened; `null` when its destination cannot open it. */
export interface OracleSecret extends Target {
  readonly value: string | null
  /** Whether it was written more than once, as GitHub's own marks say. */
  readonly isRewritten?: boolean
}

/** The state of the two services at one moment. No key is revoked before a step. */
export interface OracleWorld {
  readonly keys: readonly OracleKey[]
  readonly secrets: readonly OracleSecret[]
}

/** What a runner sees of a process of a step. Without an exit code, it did not end by itself. */
export interface OracleRun
  extends Pick<RunResult, 'lines' | 'masks' | 'annotations' | 'outputs' | 'env' | 'state'>,
    Pick<RunResult, 'summary' | 'exitCode' | 'timedOut'> {
  readonly stage: 'main' | 'post'
  readonly inputs: Readonly<Record<string, string>>
  /** What it gave as outputs or variables when the runner had read its files. */
  readonly givenInVain?: readonly string[]
}

/** A step and what became of it. */
export interface OracleStep extends StepPlan {
  readonly runs: readonly OracleRun[]
  /** Keys that a revoke or prune step is to revoke. */
  readonly selectedIds: readonly string[]
  /** Whether the job had failed when the post step ran. */
  readonly jobFailed: boolean
  /** Whether its last process had the time to end by itself: otherwise, a new key may be active that nothing names yet. */
  readonly over: boolean
  /** Whether it was told to end, and had no time to list and revoke keys. */
  readonly isSignaled: boolean
}

export interface Story {
  readonly before: OracleWorld
  readonly after: OracleWorld
  readonly steps: readonly OracleStep[]
  /** What must not be shown, besides keys: credentials and sealed values. */
  readonly confidential: readonly string[]
  /** The contents of `RUNNER_TEMP`. */
  readonly notes: string
  /** Whether the services list keys in the end; otherwise, naming the label of a lost one is enough. */
  readonly listing: boolean
  /** Whether they revoke keys in the end, and delete the secrets that must be deleted first. */
  readonly revoking: boolean
  /** Whether they accept new keys in the end. */
  readonly accepting: boolean
}

/** A promise that a story breaks, by its name in `CHECKS`. */
export interface Violation {
  readonly promise: string
  readonly what: string
}

const MASK = '::add-mask::'
/** The inputs that a step must mask first. */
const CREDENTIALS = ['org_key', 'github_token']
/** The exit code of a step that a signal ended. */
const CANCELED = 130

/** Says what breaks a promise. */
type Breaches = Generator<string>
type Check = (story: Story) => Breaches
type StepCheck = (step: OracleStep, story: Story) => Breaches

const CHECKS: readonly (readonly [promise: string, ...checks: Check[]])[] = [
  ['No leak', findLeaks, ofSteps(findUnmasked)],
  ['No unused key', ofSteps(findUnused), ofSteps(findOutlived)],
  ['No silent end', ofSteps(findSilentEnds)],
  ['No harm to others', findHarmToOthers],
  ['No partial writes', findSpoiledSecrets, ofSteps(findFalseSuccess), ofSteps(findUnreported)],
  ['Replace last', ofSteps(judgeReplace)],
  ['Honest skip', ofSteps(judgeSkip)],
  ['Post never fails', ofSteps(findFailedPost)],
  ['Verified first', findUnverified],
  ['Done means done', ofSteps(findFalseReports)],
]

export function judge(story: Story): Violation[] {
  return CHECKS.flatMap(([promise, ...checks]) =>
    checks.flatMap((check) => [...check(story)].map((what) => ({ promise, what }))),
  )
}

function ofSteps(check: StepCheck): Check {
  return function* (story) {
    for (const step of story.steps) yield* check(step, story)
  }
}

/** Describes violations, with what led to them and the command that repeats it. */
export function describeViolations(
  violations: readonly Violation[],
  course: readonly string[],
  command: string,
): string {
  const promises = violations.map(({ promise, what }) => `Broken promise (${promise}): ${what}`)
  return [...promises, ...course, `Repeat with: npm run ${command}`].join('\n')
}

/** No text contains a secret, except commands that mask it and the places meant for a key. */
function* findLeaks({ after, steps, confidential, notes }: Story): Breaches {
  const secrets = [...after.keys.map(({ key }) => key), ...confidential].filter(Boolean)
  const isLeak = (text: string) => secrets.some((secret) => text.includes(secret))
  for (const { stage, annotations, state, summary, ...run } of steps.flatMap(({ runs }) => runs)) {
    const log = run.lines.filter((line) => !line.startsWith(MASK))
    const outputs = { ...run.outputs, key: '' }
    const env = { ...run.env, [ENV_NAME]: '' }
    const places = { log, annotations, state, summary, outputs, env }
    for (const [where, text] of Object.entries(places))
      if (isLeak(JSON.stringify(text))) yield `${stage} shows a secret in its ${where}`
  }
  if (isLeak(notes)) yield 'a step shows a secret in RUNNER_TEMP'
}

/** Credentials are masked before any other output, and a key before it is delivered. */
function* findUnmasked(step: OracleStep, { after }: Story): Breaches {
  for (const { stage, lines, inputs } of step.runs) {
    const first = lines.findIndex((line) => !line.startsWith(MASK))
    const masks = lines.slice(0, Math.max(first, 0)).join('\n')
    if (first !== -1 && CREDENTIALS.some((name) => !masks.includes(inputs[name] ?? '')))
      yield `${stage} prints something before it masks its credentials`
  }
  // A second main step need not know the key of the first.
  const [main, ...others] = step.runs.filter(({ stage }) => stage === 'main')
  // Nobody reads what a main step prints that goes on in a job container.
  if (main === undefined || others.length > 0 || !(canList(step) || main.exitCode !== null)) return
  const given = findHeld({ after, steps: [{ ...step, runs: [main] }] })
  for (const { id, madeBy, key } of after.keys)
    if (madeBy === step.name && given.has(key) && !main.masks.includes(key))
      yield `key ${id} is delivered without a mask`
}

/** A step revokes only its own key, those it replaces and those it was asked to revoke. */
function* findHarmToOthers(story: Story): Breaches {
  for (const key of story.after.keys)
    if (isRevoked(key) && !story.steps.some((step) => mayRevoke(step, key, story)))
      yield `key ${key.id} (made by ${key.madeBy ?? 'somebody else'}) is revoked, but no step was allowed to`
}

function isRevoked(key: OracleKey | undefined): boolean {
  return key !== undefined && key.revokedAt !== null
}

function mayRevoke(step: OracleStep, key: OracleKey, { before }: Story): boolean {
  if (step.action !== 'create') return step.selectedIds.includes(key.id)
  if (step.name === key.madeBy) return true
  return isPrevious(step, key) && before.keys.some(({ id }) => id === key.id)
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
  const { name, outputKey, exportsKey, runs } = step
  // A main step does not see that nobody reads its files any more.
  const wasGiven = (value: string) =>
    runs.some(({ givenInVain }) => givenInVain?.includes(value)) ||
    ((!outputKey || runs.some(({ outputs }) => outputs['key'] === value)) &&
      (!exportsKey || runs.some(({ env }) => env[ENV_NAME] === value)))
  // What the post step deletes or revokes at the end of the job was still delivered.
  const isStored = (value: string) =>
    wasUndone(step) || listTargets(step).every((one) => findSecret(after, one)?.value === value)
  return after.keys.filter(({ madeBy, key }) => madeBy === name && wasGiven(key) && isStored(key))
}

/** Whether a post step was to revoke the key. */
function wasUndone(step: OracleStep): boolean {
  return isRevokedByPolicy(step) && step.runs.some(({ stage }) => stage === 'post')
}

function isRevokedByPolicy({ policy, jobFailed }: OracleStep): boolean {
  return policy === 'always' || (policy === 'on_failure' && jobFailed)
}

/** Whether its last process had the inputs and the time to list keys. */
function canList({ empty, isSignaled }: OracleStep): boolean {
  return !isSignaled && empty !== 'org_key'
}

function findSecret({ secrets }: OracleWorld, target: Target): OracleSecret | undefined {
  return secrets.find(({ place, name }) => place === target.place && name === target.name)
}

/** Whether a step of one of these actions writes or deletes a secret. */
function isTarget({ place, name }: Target, { steps }: Story, action?: StepPlan['action']): boolean {
  return steps
    .filter((step) => action === undefined || step.action === action)
    .flatMap(listTargets)
    .some((target) => target.place === place && target.name === name)
}

function readAlarms(runs: readonly OracleRun[], levels = ['error', 'warning']): string {
  return runs
    .flatMap(({ annotations }) => annotations)
    .flatMap(({ level, message }) => (levels.includes(level) ? message : []))
    .join('\n')
}

/**
 * At every moment: no secret that a step was to write or delete contains a revoked key. A create step deletes no secret
 * that existed before, changes only its targets, and leaves no value that is neither the old one nor a step's key.
 */
function* findSpoiledSecrets(story: Story): Breaches {
  const { before, after, steps } = story
  for (const secret of before.secrets)
    if (findSecret(after, secret) === undefined && !isTarget(secret, story, 'revoke'))
      yield `${secret.name} in ${secret.place} is gone`
  for (const secret of after.secrets) {
    const place = `${secret.name} in ${secret.place}`
    const old = findSecret(before, secret)
    const key = after.keys.find((one) => one.key === secret.value)
    // What was overwritten cannot be restored; a secret that is new is deleted, or its key stays active.
    const isExcused = steps.some(
      (step) =>
        step.name === key?.madeBy &&
        old !== undefined &&
        isRevokedByPolicy(step) &&
        readAlarms(step.runs, ['warning']).includes(place),
    )
    if (isRevoked(key) && isTarget(secret, story) && !isExcused)
      yield `${place} contains key ${key?.id}, which is revoked`
    const isOwn = isTarget(secret, story, 'create') && (key?.madeBy ?? null) !== null
    if (old?.value !== secret.value && !isOwn) yield `${place} contains what no step was to write`
  }
}

/** A key that is not accepted by the service when its step verifies it is given to nobody. */
function* findUnverified(story: Story): Breaches {
  if (story.accepting) return
  const held = findHeld(story)
  const verified = story.steps.filter(({ verifies }) => verifies).map(({ name }) => name)
  for (const { id, madeBy, key } of story.after.keys)
    if (madeBy !== null && verified.includes(madeBy) && held.has(key))
      yield `key ${id} is delivered, and was not accepted`
}

/** Everything that outputs, variables and secrets hold, keys among it. */
function findHeld({ after, steps }: Pick<Story, 'after' | 'steps'>): Set<string> {
  const runs = steps.flatMap((step) => step.runs)
  return new Set([
    ...runs.flatMap(({ outputs, env }) => [...Object.values(outputs), ...Object.values(env)]),
    ...after.secrets.flatMap(({ value }) => value ?? []),
  ])
}

/** A step ends by itself, and a failure says why. */
function* findSilentEnds({ runs, isSignaled }: OracleStep): Breaches {
  for (const run of runs) {
    const { stage, exitCode, timedOut } = run
    if (timedOut) yield `${stage} does not end`
    // The runner itself says that it has canceled a step.
    const isSaid = readAlarms([run], ['error']) !== '' || (isSignaled && exitCode === CANCELED)
    if (exitCode && !timedOut && !isSaid)
      yield `${stage} fails (exit code ${exitCode}) without an error`
  }
}

function* findFailedPost({ runs }: OracleStep): Breaches {
  for (const run of runs)
    if (run.stage === 'post' && (run.exitCode || readAlarms([run], ['error']) !== ''))
      yield 'post fails the job'
}

/**
 * What the outputs report as revoked or deleted is, and so is everything that a run of the revoke or prune action
 * selected, if it succeeds.
 */
function* findFalseReports(step: OracleStep, { after }: Story): Breaches {
  const isFinished = step.action !== 'create' && step.runs.at(-1)?.exitCode === 0
  const outputs = step.runs.map((run) => run.outputs)
  const ids = outputs
    .flatMap(({ replaced_key_ids, revoked_key_ids }) => [replaced_key_ids, revoked_key_ids])
    .flatMap((list) => readList<string>(list))
    .concat(isFinished ? step.selectedIds : [])
  const targets = outputs
    .flatMap(({ deleted_secrets }) => readTargets(deleted_secrets))
    .concat(isFinished ? listTargets(step) : [])
  for (const key of after.keys)
    if (!isRevoked(key) && ids.includes(key.id))
      yield `key ${key.id} is reported as revoked, but is not`
  for (const target of targets)
    if (findSecret(after, target))
      yield `${target.name} in ${target.place} is reported as deleted, but exists`
}

function readList<Entry>(text: string | undefined): readonly Entry[] {
  return JSON.parse(text || '[]')
}

function readTargets(text: string | undefined): readonly Target[] {
  const list = readList<{ readonly target: string; readonly name: string }>(text)
  return list.map(({ target, name }) => ({ place: target, name }))
}

/**
 * In the end, each new key is revoked, in use, or named in an error or a warning. If the label is the step's own, it is
 * revoked, not only named, as long as the service allows it.
 */
function* findUnused(step: OracleStep, story: Story): Breaches {
  const { name, label, ifExists, runs, empty, over } = step
  const held = findHeld(story)
  const alarms = readAlarms(runs)
  const isLabelNamed = alarms.includes(`"${label}"`) && !(story.listing && canList(step))
  const ownsLabel = label.includes(RUN_ID) || ifExists === 'replace'
  const canRevoke = story.listing && story.revoking && canList(step) && empty !== 'github_token'
  const mustRevoke = ownsLabel && canRevoke && !isInDoubt(step, story)
  // Post cannot tell a key that was given in vain from one that was given.
  const vain = runs.flatMap(({ givenInVain }) => givenInVain ?? [])
  for (const made of story.after.keys) {
    const { id, key } = made
    if (!over || made.madeBy !== name || isRevoked(made) || held.has(key)) continue
    const isNamed = alarms.includes(id)
    if (!isNamed && !isLabelNamed) yield `key ${id} is active and unused, and nothing names it`
    if (isNamed && mustRevoke && !vain.includes(key))
      yield `key ${id} is the step's own and unused, but is only named`
  }
}

/**
 * Whether a write got no response, to a secret that was there before or was written more than once: it counts as done,
 * or as another's, and its key stays active. A deletion that arrives after post has looked leaves none to ask.
 */
function isInDoubt(step: OracleStep, { notes, after }: Story): boolean {
  const records = [notes, ...step.runs.flatMap(({ state }) => Object.values(state))]
  const isRewritten = listTargets(step).some((one) => findSecret(after, one)?.isRewritten !== false)
  const doubt = isRewritten
    ? /"status\\*":\\*"writing/
    : /"existed\\*":true,\\*"status\\*":\\*"writing/
  return records.some((text) => doubt.test(text))
}

/** The main process that ended by itself, without a failure. */
function findSuccess({ runs }: OracleStep): OracleRun | undefined {
  const main = runs.find(({ stage }) => stage === 'main')
  return main?.exitCode === 0 ? main : undefined
}

/** The key that a step which succeeds says it has created and delivered. */
function findReported(step: OracleStep, story: Story): OracleKey | undefined {
  const id = findSuccess(step)?.outputs['key_id']
  return findDelivered(step, story).find((key) => key.id === id)
}

/**
 * A step that reports a created key has delivered it, and the key works: what is in outputs, variables and secrets is
 * not revoked, except by the job's policy.
 */
function* findFalseSuccess(step: OracleStep, story: Story): Breaches {
  const outputs = findSuccess(step)?.outputs
  if (outputs?.['created'] !== 'true') return
  const key = findReported(step, story)
  if (key === undefined) yield 'main succeeds, but did not deliver its key everywhere'
  else if (isRevoked(key) && !isRevokedByPolicy(step))
    yield `key ${key.id} was delivered by a step that succeeded, but is revoked`
  if (readTargets(outputs['secrets']).length !== step.places.length)
    yield 'main succeeds, but its output "secrets" omits some'
}

/** A key that must not outlive the job is revoked by the post step, or named. */
function* findOutlived(step: OracleStep, story: Story): Breaches {
  const key = findReported(step, story)
  if (key === undefined || isRevoked(key) || !step.over || !wasUndone(step)) return
  if (!readAlarms(step.runs, ['warning']).includes(key.id))
    yield `key ${key.id} outlives its job, contrary to the policy`
}

/** A step that fails names the targets that contain its key, as long as the key is active. */
function* findUnreported(step: OracleStep, { after }: Story): Breaches {
  const [main] = step.runs
  if (!main?.exitCode) return
  const reported = `${main.outputs['secrets'] ?? ''}\n${readAlarms([main], ['error'])}`
  const own = after.keys.flatMap(({ madeBy, key }) => (madeBy === step.name ? key : []))
  for (const target of listTargets(step))
    if (own.includes(findSecret(after, target)?.value ?? '') && !reported.includes(target.place))
      yield `main fails without reporting that ${target.place} contains its key`
}

/**
 * Previous keys are revoked only after the new one is delivered, the newest stay as requested, and a step that
 * succeeds has revoked or named all others.
 */
function* judgeReplace(step: OracleStep, story: Story): Breaches {
  const previous = story.before.keys
    .filter((key) => isPrevious(step, key))
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt))
  const isGone = ({ id }: OracleKey) => isRevoked(story.after.keys.find((key) => key.id === id))
  // Steps that replace the same keys side by side each go by their own `retain`.
  const replacing = story.steps.filter((other) => previous.some((key) => isPrevious(other, key)))
  if (previous.some(isGone) && replacing.every((one) => findDelivered(one, story).length === 0))
    yield 'a previous key is revoked, and the new one is not delivered'
  const retain = Math.min(...replacing.map((other) => other.retain))
  for (const { id } of previous.slice(0, retain).filter(isGone))
    yield `key ${id} should have been retained`
  if (findSuccess(step) === undefined) return
  // One of them that cannot revoke a key says so for all.
  const runs = replacing.flatMap((one) => one.runs)
  const warnings = readAlarms(runs, ['warning'])
  // What another one has revoked before counts no more for `retain`.
  for (const { id } of previous.filter((key) => !isGone(key)).slice(step.retain))
    if (!warnings.includes(id)) yield `previous key ${id} stays active, but nothing names it`
}

/** A step skips only if an active key and every secret exist. */
function* judgeSkip(step: OracleStep, { before }: Story): Breaches {
  if (step.ifExists !== 'skip' || findSuccess(step)?.outputs['created'] !== 'false') return
  const isInPlace =
    before.keys.some((key) => key.label === step.label) &&
    listTargets(step).every((target) => findSecret(before, target) !== undefined)
  if (!isInPlace) yield 'main skips, but not everything is in place'
}
