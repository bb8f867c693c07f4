/**
 * Judges a story of runs by the promises of the action: given what two services really hold and all that the
 * runs said, it lists what must not be. Plain data in, plain data out, so that everything that can tell such a
 * story can ask: the explorer, which kills processes, and a simulation, which has none.
 */

/** @import { OracleKey, OracleRun, OracleSecret, OracleStep, OracleWorld, Story, Violation } from './types.ts' */

/**
 * Lists every promise that a story breaks.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
export function judge(story) {
  return [
    ...findLeaks(story),
    ...findUnmasked(story),
    ...findHarmToOthers(story),
    ...findDeadSecrets(story),
    ...findLostSecrets(story),
    ...findUnverified(story),
    ...story.steps.flatMap((step) => [
      ...judgeEnds(step),
      ...judgeReports(step, story),
      ...(step.action === 'create' ? judgeCreate(step, story) : judgeRevocation(step, story)),
    ]),
  ]
}

/**
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeCreate(step, story) {
  return [
    ...findLostKeys(step, story),
    ...judgeSuccess(step, story),
    ...judgeFailure(step, story),
    ...judgeReplace(step, story),
    ...judgeSkip(step, story),
  ]
}

/**
 * Promise 1: no text holds a secret, but for commands that mask it and the places that are there for a key.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findLeaks({ after, steps, confidential, notes }) {
  const secrets = [...after.keys.map(({ value }) => value), ...confidential].filter(Boolean)
  const texts = steps.flatMap((step) =>
    step.runs.flatMap((run) => listTexts(step, run).map((text) => ({ ...text, stage: run.stage }))),
  )
  return [...texts, { where: 'RUNNER_TEMP', text: notes, stage: 'a step' }]
    .filter(({ text }) => secrets.some((secret) => text.includes(secret)))
    .map(({ where, stage }) => ({ promise: 1, what: `${stage} shows a secret in its ${where}` }))
}

/**
 * @param {OracleStep} step
 * @param {OracleRun} run
 * @returns {{ where: string, text: string }[]}
 */
function listTexts({ envName }, { lines, annotations, outputs, env, state, summary }) {
  const log = lines.filter((line) => !line.startsWith('::add-mask::'))
  const told = [
    ...Object.entries(outputs).filter(([name]) => name !== 'key'),
    ...Object.entries(env).filter(([name]) => name !== envName),
  ]
  return [
    { where: 'log', text: log.join('\n') },
    { where: 'annotations', text: annotations.map(({ message }) => message).join('\n') },
    { where: 'outputs and variables', text: told.flat().join('\n') },
    { where: 'state', text: Object.values(state).join('\n') },
    { where: 'job summary', text: summary },
  ]
}

/**
 * Promise 1: credentials are masked before anything else is said, and a key before anybody gets it.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findUnmasked({ after, steps, credentials }) {
  return steps.flatMap(({ name, runs }) =>
    runs.flatMap((run) => {
      const first = run.lines.findIndex((line) => !line.startsWith('::add-mask::'))
      const masksFirst = run.lines.slice(0, Math.max(first, 0)).join('\n')
      const given = [
        ...Object.values(run.outputs),
        ...Object.values(run.env),
        ...(run.stage === 'main' ? after.secrets.map(({ value }) => value) : []),
      ]
      const bare = after.keys.filter(
        ({ madeBy, value }) =>
          madeBy === name && given.includes(value) && !run.masks.includes(value),
      )
      return [
        ...(first !== -1 && credentials.some((secret) => !masksFirst.includes(secret))
          ? [{ promise: 1, what: `${run.stage} says something before it masks its credentials` }]
          : []),
        // A second main of the same step need not know the key of the first.
        ...(run.stage === 'main' && runs.filter(({ stage }) => stage === 'main').length === 1
          ? bare.map(({ id }) => ({ promise: 1, what: `key ${id} is handed on without a mask` }))
          : []),
      ]
    }),
  )
}

/**
 * Promises 5 and 7: nobody's key is revoked but a step's own, those it replaces and those it was told to revoke.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findHarmToOthers(story) {
  const { before, after, steps } = story
  return after.keys
    .filter((key) => key.revoked && before.keys.find(({ id }) => id === key.id)?.revoked !== true)
    .filter((key) => !steps.some((step) => mayRevoke(step, key, story)))
    .map(({ id, madeBy }) => ({
      promise: 5,
      what: `key ${id} (made by ${madeBy ?? 'somebody else'}) is revoked, and no step had the right to`,
    }))
}

/**
 * @param {OracleStep} step
 * @param {OracleKey} key
 * @param {Story} story
 */
function mayRevoke(step, key, story) {
  if (step.action !== 'create') return step.selectedIds.includes(key.id)
  if (step.name === key.madeBy) return true
  return isPredecessor(step, key) && findDelivered(step, story).length > 0
}

/**
 * @param {OracleStep} step
 * @param {OracleKey} key
 */
function isPredecessor(step, key) {
  return (
    step.action === 'create' &&
    step.ifExists === 'replace' &&
    step.name !== key.madeBy &&
    step.label === key.label &&
    [...step.teamIds].sort().join() === [...key.teamIds].sort().join()
  )
}

/**
 * Keys that a step has handed on completely, in every way it was asked to.
 *
 * @param {OracleStep} step
 * @param {Story} story
 */
function findDelivered(step, { after }) {
  const { name, outputKey, envName, targets, runs } = step
  const gaveTo = (/** @type {string} */ value) =>
    (!outputKey || runs.some(({ outputs }) => outputs['key'] === value)) &&
    (envName === undefined || runs.some(({ env }) => env[envName] === value))
  // What the post step deletes at the end of the job, or revokes, was delivered all the same.
  const wasUndone = runs.some(({ stage }) => stage === 'post') && isRevokedByPolicy(step)
  return after.keys.filter(
    (key) =>
      key.madeBy === name &&
      gaveTo(key.value) &&
      (wasUndone || targets.every((target) => findSecret(after, target)?.value === key.value)),
  )
}

/** @param {OracleStep} step */
function isRevokedByPolicy({ policy, jobFailed }) {
  return policy === 'always' || (policy === 'on_failure' && jobFailed)
}

/**
 * @param {OracleWorld} world
 * @param {{ place: string, name: string }} target
 */
function findSecret({ secrets }, { place, name }) {
  return secrets.find((secret) => secret.place === place && secret.name === name)
}

/**
 * @param {readonly OracleRun[]} runs
 * @param {readonly string[]} [levels]
 */
function readAlarms(runs, levels = ['error', 'warning']) {
  return runs
    .flatMap(({ annotations }) => annotations)
    .filter(({ level }) => levels.includes(level))
    .map(({ message }) => message)
    .join('\n')
}

/**
 * Promise 6: no secret that a step was to write or to delete holds a revoked key. This holds at every moment.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findDeadSecrets({ before, after, steps }) {
  return after.secrets.flatMap((secret) => {
    const key = after.keys.find(({ value }) => value === secret.value)
    if (key?.revoked !== true || wasDeadBefore(before, secret)) return []
    const isTarget = (/** @type {OracleStep} */ { targets }) =>
      targets.some(({ place, name }) => place === secret.place && name === secret.name)
    const isExcused = steps.some(
      (step) =>
        step.name === key.madeBy &&
        isRevokedByPolicy(step) &&
        readAlarms(step.runs, ['warning']).includes(`${secret.name} in ${secret.place}`),
    )
    if (!steps.some(isTarget) || isExcused) return []
    const what = `${secret.name} in ${secret.place} holds key ${key.id}, which is revoked`
    return [{ promise: 6, what }]
  })
}

/**
 * @param {OracleWorld} before
 * @param {OracleSecret} secret
 */
function wasDeadBefore(before, secret) {
  const key = before.keys.find(({ value }) => value === secret.value)
  return key?.revoked === true && findSecret(before, secret)?.value === secret.value
}

/**
 * Promise 6: a step that creates deletes no secret that was there before, touches none that it was not told to,
 * and leaves no value that is neither the old one nor a key of a step.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findLostSecrets({ before, after, steps }) {
  const isTargetOf = (
    /** @type {string[]} */ actions,
    /** @type {{ place: string, name: string }} */ secret,
  ) =>
    steps.some(
      ({ action, targets }) =>
        actions.includes(action) && findSecret({ keys: [], secrets: asSecrets(targets) }, secret),
    )
  const lost = before.secrets
    .filter((secret) => findSecret(after, secret) === undefined && !isTargetOf(['revoke'], secret))
    .map(({ name, place }) => ({ promise: 6, what: `${name} in ${place} is gone` }))
  const values = after.keys.filter(({ madeBy }) => madeBy !== null).map(({ value }) => value)
  const changed = after.secrets
    .filter((secret) => findSecret(before, secret)?.value !== secret.value)
    .filter(
      (secret) =>
        !isTargetOf(['create'], secret) || secret.value === null || !values.includes(secret.value),
    )
    .map(({ name, place }) => ({
      promise: 6,
      what: `${name} in ${place} holds what no step was to write there`,
    }))
  return [...lost, ...changed]
}

/**
 * Promise 11: a key that is not accepted when it is verified is given to nobody.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findUnverified(story) {
  if (story.accepting) return []
  const held = findHeld(story)
  return story.after.keys
    .filter(({ madeBy, value }) => madeBy !== null && held.has(value))
    .map(({ id }) => ({ promise: 11, what: `key ${id} is delivered, and was not accepted` }))
}

/**
 * Everything that outputs, variables and secrets hold, keys among it.
 *
 * @param {Story} story
 */
function findHeld({ after, steps }) {
  return new Set([
    ...steps.flatMap(({ runs }) =>
      runs.flatMap(({ outputs, env }) => [...Object.values(outputs), ...Object.values(env)]),
    ),
    ...after.secrets.flatMap(({ value }) => value ?? []),
  ])
}

/** @param {OracleStep['targets']} targets */
function asSecrets(targets) {
  return targets.map((target) => ({ ...target, value: null }))
}

/**
 * Promises 4 and 9: a step ends by itself, a failure says why, and post never fails a job.
 *
 * @param {OracleStep} step
 * @returns {Violation[]}
 */
function judgeEnds({ runs }) {
  return runs.flatMap((run) => {
    const { stage, endedBy, exitCode } = run
    if (endedBy === 'time') return [{ promise: 4, what: `${stage} does not end` }]
    if (endedBy === 'killed') return []
    if (stage === 'post') {
      const silent = exitCode === 0 && readAlarms([run], ['error']) === ''
      return silent ? [] : [{ promise: 9, what: `post fails the job (exit code ${exitCode})` }]
    }
    const isSilent = exitCode !== 0 && readAlarms([run], ['error']) === ''
    return isSilent ? [{ promise: 4, what: `main fails (exit code ${exitCode}) in silence` }] : []
  })
}

/**
 * Promise 12: what outputs call revoked is revoked, and what they call deleted is gone.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeReports({ runs }, { after }) {
  return runs.flatMap(({ outputs }) => {
    const ids = ['replaced_key_ids', 'revoked_key_ids'].flatMap((name) => readList(outputs[name]))
    const alive = after.keys.filter(({ id, revoked }) => !revoked && ids.includes(id))
    const deleted = readList(outputs['deleted_secrets']).filter(isTarget)
    const there = deleted.filter(({ target, name }) => findSecret(after, { place: target, name }))
    return [
      ...alive.map(({ id }) => ({ promise: 12, what: `key ${id} is called revoked, and is not` })),
      ...there.map(({ target, name }) => ({
        promise: 12,
        what: `${name} in ${target} is called deleted, and is there`,
      })),
    ]
  })
}

/**
 * @param {string | undefined} text
 * @returns {unknown[]}
 */
function readList(text) {
  /** @type {unknown} */
  const value = JSON.parse(text || '[]')
  return Array.isArray(value) ? value : []
}

/**
 * @param {unknown} value
 * @returns {value is { target: string, name: string }}
 */
function isTarget(value) {
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
 * Promise 4: in the end, each new key is revoked, or held by somebody, or named in an error or a warning. And
 * promise 5: one with a label of the step's own is revoked, not only named, as long as the service allows it.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function findLostKeys(step, story) {
  const { after, over, listing, revoking } = story
  if (!over) return []
  const held = findHeld(story)
  const alarms = readAlarms(step.runs)
  return after.keys
    .filter(({ madeBy, revoked, value }) => madeBy === step.name && !revoked && !held.has(value))
    .flatMap(({ id }) => {
      if (!alarms.includes(id) && (listing || !alarms.includes(`"${step.label}"`))) {
        return [{ promise: 4, what: `key ${id} is active, nobody holds it, and nothing names it` }]
      }
      return step.ownsLabel && listing && revoking
        ? [{ promise: 5, what: `key ${id} is the step's own and unused, and is only named` }]
        : []
    })
}

/**
 * A step that says it created a key has delivered it, and the key works: what is in outputs, variables and
 * secrets is not revoked, unless the job's policy did that.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeSuccess(step, story) {
  const main = step.runs.find(({ stage }) => stage === 'main')
  if (main?.endedBy !== 'itself' || main.exitCode !== 0) return []
  if (main.outputs['created'] !== 'true') return []
  const key = findDelivered(step, story).find(({ id }) => id === main.outputs['key_id'])
  if (key === undefined) {
    return [{ promise: 6, what: 'main succeeds, and its key is not everywhere it should be' }]
  }
  const written = readList(main.outputs['secrets']).filter(isTarget)
  return [
    ...(key.revoked && !isRevokedByPolicy(step)
      ? [
          {
            promise: 6,
            what: `key ${key.id} was delivered by a step that succeeded, and is revoked`,
          },
        ]
      : []),
    ...(written.length === step.targets.length
      ? []
      : [{ promise: 6, what: 'main succeeds, and its output "secrets" leaves some out' }]),
    ...judgePolicy(step, story, key),
  ]
}

/**
 * What shall not outlive the job is revoked by the post step, or named.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @param {OracleKey} key
 * @returns {Violation[]}
 */
function judgePolicy(step, { over }, { id, revoked }) {
  const hasPost = step.runs.some(({ stage }) => stage === 'post')
  if (!over || !hasPost || !isRevokedByPolicy(step) || revoked) return []
  const isNamed = readAlarms(step.runs, ['warning']).includes(id)
  return isNamed ? [] : [{ promise: 4, what: `key ${id} outlives its job in spite of the policy` }]
}

/**
 * Promise 6: a step that fails says which targets hold its key as long as that is active.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeFailure(step, { after }) {
  const [main] = step.runs
  if (main?.endedBy !== 'itself' || main.exitCode === 0) return []
  const told = `${main.outputs['secrets'] ?? ''}\n${readAlarms([main], ['error'])}`
  return step.targets.flatMap((target) => {
    const value = findSecret(after, target)?.value
    const key = after.keys.find((one) => one.madeBy === step.name && one.value === value)
    if (key === undefined || told.includes(target.place)) return []
    return [{ promise: 6, what: `main fails and does not say that ${target.place} holds its key` }]
  })
}

/**
 * Promise 7: previous keys go only once the new one is delivered, the newest of them stay as asked, and a step
 * that succeeds has revoked all others or names them.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeReplace(step, story) {
  const { before, after } = story
  const previous = before.keys
    .filter((key) => !key.revoked && isPredecessor(step, key))
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt))
  const isRevoked = (/** @type {OracleKey} */ { id }) =>
    after.keys.some((key) => key.id === id && key.revoked)
  const gone = previous.filter(isRevoked)
  const kept = previous.slice(0, step.retain).filter(isRevoked)
  const main = step.runs.find(({ stage }) => stage === 'main')
  const succeeded = main?.endedBy === 'itself' && main.exitCode === 0
  const warnings = readAlarms(step.runs, ['warning'])
  const left = succeeded
    ? previous.slice(step.retain).filter((key) => !isRevoked(key) && !warnings.includes(key.id))
    : []
  return [
    ...(gone.length > 0 && findDelivered(step, story).length === 0
      ? [{ promise: 7, what: 'a previous key is revoked, and the new one is not delivered' }]
      : []),
    ...kept.map(({ id }) => ({ promise: 7, what: `key ${id} should have been retained` })),
    ...left.map(({ id }) => ({
      promise: 7,
      what: `previous key ${id} stays, and nothing says so`,
    })),
  ]
}

/**
 * Promise 8: a step that skips has found an active key and every secret.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeSkip(step, { before }) {
  const main = step.runs.find(({ stage }) => stage === 'main')
  if (main?.endedBy !== 'itself' || main.exitCode !== 0) return []
  if (step.ifExists !== 'skip' || main.outputs['created'] !== 'false') return []
  const isThere =
    before.keys.some(({ label, revoked }) => label === step.label && !revoked) &&
    step.targets.every((target) => findSecret(before, target) !== undefined)
  return isThere ? [] : [{ promise: 8, what: 'main skips, and not everything is in place' }]
}

/**
 * The revoke and prune actions: once a run ends well, all that was selected is revoked and deleted; one that
 * fails names what is left.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeRevocation({ runs, selectedIds, targets }, { after }) {
  const last = runs.at(-1)
  if (last?.endedBy !== 'itself') return []
  const alive = after.keys.filter(({ id, revoked }) => selectedIds.includes(id) && !revoked)
  const there = targets.filter((target) => findSecret(after, target) !== undefined)
  const errors = readAlarms([last], ['error'])
  const [target] = there
  if (last.exitCode === 0) {
    return [
      ...alive.map(({ id }) => ({ promise: 12, what: `key ${id} is active after a success` })),
      ...there.map(({ place }) => ({
        promise: 12,
        what: `${place} has its secret after a success`,
      })),
    ]
  }
  // A failure that names neither has to be one of the whole step: nothing was selected yet.
  return target !== undefined && alive.length < selectedIds.length
    ? [{ promise: 6, what: `a key is revoked while ${target.place} has its secret: ${errors}` }]
    : []
}
