/**
 * Checks runs against the promises of the action: given the state of the two services and all output of the runs, it
 * lists every violation. Plain data in, plain data out, for both engines: one kills processes, the other has none.
 */
import type { RunResult } from '../local-runner/types.ts'
import type { SandboxKey } from '../sandbox/types.ts'
import {
  type EmptyInput,
  ENV_NAME,
  listTargets,
  RUN_ID,
  type StepPlan,
  type Target,
} from './scenarios.js'

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
  /** What it was given, and must mask first. */
  readonly credentials: readonly string[]
  /** What it gave as outputs or variables when the runner had read its files. */
  readonly givenInVain?: readonly string[]
}

/** A step and what became of it. */
export interface OracleStep extends StepPlan {
  /** In order. */
  readonly runs: readonly OracleRun[]
  /** Keys that a revoke or prune step is to revoke. */
  readonly selectedIds: readonly string[]
  /** Whether the job had failed when the post step ran. */
  readonly jobFailed: boolean
  /** Whether its last process had the time to end by itself: otherwise, a new key may be active that nothing names yet. */
  readonly over: boolean
  /** Whether it was told to end, and had no time to list and revoke keys. */
  readonly isSignaled: boolean
  /** The input that was empty in its post step. */
  readonly empty: EmptyInput | undefined
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
/** The exit code of a step that a signal ended. */
const CANCELED = 130

type Check = (story: Story) => readonly string[]
type StepCheck = (step: OracleStep, story: Story) => readonly string[]

/** What breaks each promise. */
const CHECKS: readonly (readonly [promise: string, ...checks: Check[]])[] = [
  ['No leak', findLeaks, ofSteps(findUnmasked)],
  ['No unused key', ofSteps(findLostKeys), ofSteps(findOnlyNamed), ofSteps(findOutlived)],
  ['No silent end', ofSteps(findSilentEnds)],
  ['No harm to others', findHarmToOthers],
  ['No partial writes', findRevokedSecrets, findLostSecrets, ofSteps(findFalseSuccess)],
  ['No partial writes', ofSteps(findUnreported)],
  ['Replace last', ofSteps(judgeReplace)],
  ['Honest skip', ofSteps(judgeSkip)],
  ['Post never fails', ofSteps(findFailedPost)],
  ['Verified first', findUnverified],
  ['Done means done', ofSteps(findFalseReports), ofSteps(findUnfinished)],
]

/** Lists the broken promises of a story. */
export function judge(story: Story): Violation[] {
  return CHECKS.flatMap(([promise, ...checks]) =>
    checks.flatMap((check) => check(story).map((what) => ({ promise, what }))),
  )
}

function ofSteps(check: StepCheck): Check {
  return (story) => story.steps.flatMap((step) => check(step, story))
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
function findLeaks({ after, steps, confidential, notes }: Story): string[] {
  const secrets = [...after.keys.map(({ key }) => key), ...confidential].filter(Boolean)
  const isLeak = (text: string) => secrets.some((secret) => text.includes(secret))
  const places = steps
    .flatMap(({ runs }) => runs)
    .flatMap(({ stage, annotations, state, summary, ...run }) => {
      const log = run.lines.filter((line) => !line.startsWith(MASK))
      const outputs = { ...run.outputs, key: '' }
      const env = { ...run.env, [ENV_NAME]: '' }
      return Object.entries({ log, annotations, state, summary, outputs, env })
        .filter(([, value]) => isLeak(JSON.stringify(value)))
        .map(([where]) => `${stage} shows a secret in its ${where}`)
    })
  return isLeak(notes) ? [...places, 'a step shows a secret in RUNNER_TEMP'] : places
}

/** Credentials are masked before any other output, and a key before it is delivered. */
function findUnmasked(step: OracleStep, { after }: Story): string[] {
  const late = step.runs.filter(({ lines, credentials }) => {
    const first = lines.findIndex((line) => !line.startsWith(MASK))
    const masks = lines.slice(0, Math.max(first, 0)).join('\n')
    return first !== -1 && credentials.some((secret) => !masks.includes(secret))
  })
  // A second main step need not know the key of the first.
  const [main, ...others] = step.runs.filter(({ stage }) => stage === 'main')
  // Nobody reads what a main step prints that goes on in a job container.
  const isRead = others.length === 0 && (canList(step) || main?.exitCode !== null)
  const given = findHeld({ after, steps: [{ ...step, runs: main ? [main] : [] }] })
  const bare = after.keys.filter(
    ({ madeBy, key }) => madeBy === step.name && given.has(key) && !main?.masks.includes(key),
  )
  return [
    ...late.map(({ stage }) => `${stage} prints something before it masks its credentials`),
    ...(isRead ? bare : []).map(({ id }) => `key ${id} is delivered without a mask`),
  ]
}

/** A step revokes only its own key, those it replaces and those it was asked to revoke. */
function findHarmToOthers(story: Story): string[] {
  const { after, steps } = story
  return after.keys
    .filter((key) => isRevoked(key) && !steps.some((step) => mayRevoke(step, key, story)))
    .map(({ id, madeBy }) => {
      return `key ${id} (made by ${madeBy ?? 'somebody else'}) is revoked, but no step was allowed to`
    })
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
  const wasUndone = runs.some(({ stage }) => stage === 'post') && isRevokedByPolicy(step)
  return after.keys.filter(
    ({ madeBy, key }) =>
      madeBy === name &&
      wasGiven(key) &&
      (wasUndone || listTargets(step).every((one) => findSecret(after, one)?.value === key)),
  )
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

/** At every moment: no secret that a step was to write or delete contains a revoked key. */
function findRevokedSecrets(story: Story): string[] {
  const { before, after, steps } = story
  return after.secrets.flatMap((secret) => {
    const { name, place, value } = secret
    const key = after.keys.find((one) => one.key === value)
    if (!isRevoked(key) || !isTarget(secret, story)) return []
    // What was overwritten cannot be restored; a secret that is new is deleted, or its key stays active.
    const isExcused = steps.some(
      (step) =>
        step.name === key?.madeBy &&
        findSecret(before, secret) !== undefined &&
        isRevokedByPolicy(step) &&
        readAlarms(step.runs, ['warning']).includes(`${name} in ${place}`),
    )
    return isExcused ? [] : [`${name} in ${place} contains key ${key?.id}, which is revoked`]
  })
}

/**
 * A create step deletes no secret that existed before, changes only its targets, and leaves no value that is neither
 * the old one nor a step's key.
 */
function findLostSecrets(story: Story): string[] {
  const { before, after } = story
  const values = after.keys.flatMap(({ madeBy, key }) => (madeBy === null ? [] : key))
  const lost = before.secrets.filter(
    (secret) => findSecret(after, secret) === undefined && !isTarget(secret, story, 'revoke'),
  )
  const changed = after.secrets.filter(
    (secret) =>
      findSecret(before, secret)?.value !== secret.value &&
      !(isTarget(secret, story, 'create') && values.includes(secret.value ?? '')),
  )
  return [
    ...lost.map(({ name, place }) => `${name} in ${place} is gone`),
    ...changed.map(({ name, place }) => `${name} in ${place} contains what no step was to write`),
  ]
}

/** A key that is not accepted by the service when its step verifies it is given to nobody. */
function findUnverified(story: Story): string[] {
  if (story.accepting) return []
  const held = findHeld(story)
  const verified = story.steps.filter(({ verifies }) => verifies).map(({ name }) => name)
  return story.after.keys
    .filter(({ madeBy, key }) => madeBy !== null && verified.includes(madeBy) && held.has(key))
    .map(({ id }) => `key ${id} is delivered, and was not accepted`)
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
function findSilentEnds({ runs, isSignaled }: OracleStep): string[] {
  return runs.flatMap((run) => {
    if (run.timedOut) return `${run.stage} does not end`
    // The runner itself says that it has canceled a step.
    const isSaid = readAlarms([run], ['error']) !== '' || (isSignaled && run.exitCode === CANCELED)
    const isSilent = run.exitCode && !isSaid
    return isSilent ? `${run.stage} fails (exit code ${run.exitCode}) without an error` : []
  })
}

function findFailedPost({ runs }: OracleStep): string[] {
  const failed = runs.filter((run) => run.exitCode || readAlarms([run], ['error']) !== '')
  return failed.flatMap(({ stage }) => (stage === 'post' ? 'post fails the job' : []))
}

/** What the outputs report as revoked or deleted is. */
function findFalseReports({ runs }: OracleStep, { after }: Story): string[] {
  return runs.flatMap(({ outputs }) => {
    const ids = ['replaced_key_ids', 'revoked_key_ids'].flatMap((name) =>
      readList<string>(outputs[name]),
    )
    const active = after.keys.filter((key) => !isRevoked(key) && ids.includes(key.id))
    const there = readTargets(outputs['deleted_secrets']).filter((one) => findSecret(after, one))
    return [
      ...active.map(({ id }) => `key ${id} is reported as revoked, but is not`),
      ...there.map(({ place, name }) => `${name} in ${place} is reported as deleted, but exists`),
    ]
  })
}

function readList<Entry>(text: string | undefined): readonly Entry[] {
  return JSON.parse(text || '[]')
}

function readTargets(text: string | undefined): readonly Target[] {
  const list = readList<{ readonly target: string; readonly name: string }>(text)
  return list.map(({ target, name }) => ({ place: target, name }))
}

/** New keys that are active and not in use, once nobody is left to revoke them. */
function listUnused(step: OracleStep, story: Story): OracleKey[] {
  const held = findHeld(story)
  return story.after.keys.filter(
    (key) => step.over && key.madeBy === step.name && !isRevoked(key) && !held.has(key.key),
  )
}

/** In the end, each new key is revoked, delivered, or named in an error or a warning. */
function findLostKeys(step: OracleStep, story: Story): string[] {
  const alarms = readAlarms(step.runs)
  const isLabelEnough = !story.listing || !canList(step)
  if (isLabelEnough && alarms.includes(`"${step.label}"`)) return []
  return listUnused(step, story)
    .filter(({ id }) => !alarms.includes(id))
    .map(({ id }) => `key ${id} is active and unused, and nothing names it`)
}

/** If the label is the step's own, the key is revoked, not only named, as long as the service allows it. */
function findOnlyNamed(step: OracleStep, story: Story): string[] {
  const { label, ifExists, runs, empty } = step
  const ownsLabel = label.includes(RUN_ID) || ifExists === 'replace'
  const canRevoke = story.listing && story.revoking && canList(step) && empty !== 'github_token'
  if (!ownsLabel || !canRevoke || isInDoubt(step, story)) return []
  // Post cannot tell a key that was given in vain from one that was given.
  const vain = runs.flatMap(({ givenInVain }) => givenInVain ?? [])
  return listUnused(step, story)
    .filter(({ id, key }) => !vain.includes(key) && readAlarms(runs).includes(id))
    .map(({ id }) => `key ${id} is the step's own and unused, but is only named`)
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
function findFalseSuccess(step: OracleStep, story: Story): string[] {
  const outputs = findSuccess(step)?.outputs
  if (outputs?.['created'] !== 'true') return []
  const key = findReported(step, story)
  if (key === undefined) return ['main succeeds, but did not deliver its key everywhere']
  const isComplete = readTargets(outputs['secrets']).length === step.places.length
  const isLost = isRevoked(key) && !isRevokedByPolicy(step)
  return [
    ...(isLost ? [`key ${key.id} was delivered by a step that succeeded, but is revoked`] : []),
    ...(isComplete ? [] : ['main succeeds, but its output "secrets" omits some']),
  ]
}

/** A key that must not outlive the job is revoked by the post step, or named. */
function findOutlived(step: OracleStep, story: Story): string[] {
  const key = findReported(step, story)
  const hasPost = step.runs.some(({ stage }) => stage === 'post')
  if (key === undefined || isRevoked(key) || !step.over || !hasPost || !isRevokedByPolicy(step))
    return []
  const isNamed = readAlarms(step.runs, ['warning']).includes(key.id)
  return isNamed ? [] : [`key ${key.id} outlives its job, contrary to the policy`]
}

/** A step that fails names the targets that contain its key, as long as the key is active. */
function findUnreported(step: OracleStep, { after }: Story): string[] {
  const [main] = step.runs
  if (!main?.exitCode) return []
  const reported = `${main.outputs['secrets'] ?? ''}\n${readAlarms([main], ['error'])}`
  const own = after.keys.flatMap(({ madeBy, key }) => (madeBy === step.name ? key : []))
  return listTargets(step)
    .filter((target) => own.includes(findSecret(after, target)?.value ?? ''))
    .filter(({ place }) => !reported.includes(place))
    .map(({ place }) => `main fails without reporting that ${place} contains its key`)
}

/**
 * Previous keys are revoked only after the new one is delivered, the newest stay as requested, and a step that
 * succeeds has revoked or named all others.
 */
function judgeReplace(step: OracleStep, story: Story): string[] {
  const previous = story.before.keys
    .filter((key) => isPrevious(step, key))
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt))
  const isGone = ({ id }: OracleKey) => isRevoked(story.after.keys.find((key) => key.id === id))
  // Steps that replace the same keys side by side each go by their own `retain`.
  const replacing = story.steps.filter((other) => previous.some((key) => isPrevious(other, key)))
  const retain = Math.min(...replacing.map((other) => other.retain))
  const kept = previous.slice(0, retain).filter(isGone)
  // One of them that cannot revoke a key says so for all.
  const runs = replacing.flatMap((one) => one.runs)
  const warnings = readAlarms(runs, ['warning'])
  // What another one has revoked before counts no more for `retain`.
  const left = previous
    .filter((key) => !isGone(key))
    .slice(step.retain)
    .filter(({ id }) => findSuccess(step) !== undefined && !warnings.includes(id))
  const isEarly =
    previous.some(isGone) && replacing.every((one) => findDelivered(one, story).length === 0)
  return [
    ...(isEarly ? ['a previous key is revoked, and the new one is not delivered'] : []),
    ...kept.map(({ id }) => `key ${id} should have been retained`),
    ...left.map(({ id }) => `previous key ${id} stays active, but nothing names it`),
  ]
}

/** A step skips only if an active key and every secret exist. */
function judgeSkip(step: OracleStep, { before }: Story): string[] {
  if (step.ifExists !== 'skip' || findSuccess(step)?.outputs['created'] !== 'false') return []
  const isInPlace =
    before.keys.some((key) => key.label === step.label) &&
    listTargets(step).every((target) => findSecret(before, target) !== undefined)
  return isInPlace ? [] : ['main skips, but not everything is in place']
}

/** A run of the revoke or prune action that succeeds has revoked and deleted everything selected. */
function findUnfinished(step: OracleStep, { after }: Story): string[] {
  if (step.action === 'create' || step.runs.at(-1)?.exitCode !== 0) return []
  const active = after.keys.filter((key) => step.selectedIds.includes(key.id) && !isRevoked(key))
  return [
    ...active.map(({ id }) => `key ${id} is active after a success`),
    ...listTargets(step)
      .filter((target) => findSecret(after, target) !== undefined)
      .map(({ place }) => `${place} has its secret after a success`),
  ]
}
