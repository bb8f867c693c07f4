/**
 * Checks runs against the promises of the action: given the state of the two services and all output of the runs, it
 * lists every violation. Plain data in, plain data out, so that both the explorer, which kills processes, and the
 * simulation, which has none, can use it.
 */

/** @import { OracleKey, OracleRun, OracleSecret, OracleStep, OracleWorld, Story, Violation } from './types.ts' */

/**
 * Lists the broken promises of a story.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
export function judge(story) {
  return [
    ...findLeaks(story),
    ...findUnmasked(story),
    ...findHarmToOthers(story),
    ...findRevokedSecrets(story),
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
 * Promise 1: no text contains a secret, except commands that mask it and the places meant for a key.
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
  const values = [
    ...Object.entries(outputs).filter(([name]) => name !== 'key'),
    ...Object.entries(env).filter(([name]) => name !== envName),
  ]
  return [
    { where: 'log', text: log.join('\n') },
    { where: 'annotations', text: annotations.map(({ message }) => message).join('\n') },
    { where: 'outputs and variables', text: values.flat().join('\n') },
    { where: 'state', text: Object.values(state).join('\n') },
    { where: 'job summary', text: summary },
  ]
}

/**
 * Promise 1: credentials are masked before any other output, and a key before it is delivered.
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
          ? [{ promise: 1, what: `${run.stage} prints something before it masks its credentials` }]
          : []),
        // A second main step need not know the key of the first.
        ...(run.stage === 'main' && runs.filter(({ stage }) => stage === 'main').length === 1
          ? bare.map(({ id }) => ({ promise: 1, what: `key ${id} is delivered without a mask` }))
          : []),
      ]
    }),
  )
}

/**
 * Promises 5 and 7: a step revokes only its own key, those it replaces and those it was asked to revoke.
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
      what: `key ${id} (made by ${madeBy ?? 'somebody else'}) is revoked, but no step was allowed to`,
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
  const wasThere = story.before.keys.some(({ id }) => id === key.id)
  return wasThere && isPrevious(step, key) && findDelivered(step, story).length > 0
}

/**
 * @param {OracleStep} step
 * @param {OracleKey} key
 */
function isPrevious(step, key) {
  return (
    step.action === 'create' &&
    step.ifExists === 'replace' &&
    step.name !== key.madeBy &&
    step.label === key.label &&
    [...step.teamIds].sort().join() === [...key.teamIds].sort().join()
  )
}

/**
 * Finds keys that a step has delivered completely, in every requested way.
 *
 * @param {OracleStep} step
 * @param {Story} story
 */
function findDelivered(step, { after }) {
  const { name, outputKey, envName, targets, runs } = step
  const wasGiven = (/** @type {string} */ value) =>
    (!outputKey || runs.some(({ outputs }) => outputs['key'] === value)) &&
    (envName === undefined || runs.some(({ env }) => env[envName] === value))
  // What the post step deletes or revokes at the end of the job was still delivered.
  const wasUndone = runs.some(({ stage }) => stage === 'post') && isRevokedByPolicy(step)
  return after.keys.filter(
    (key) =>
      key.madeBy === name &&
      wasGiven(key.value) &&
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
 * Promise 6, at every moment: no secret that a step was to write or delete contains a revoked key.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findRevokedSecrets({ before, after, steps }) {
  return after.secrets.flatMap((secret) => {
    const key = after.keys.find(({ value }) => value === secret.value)
    if (key?.revoked !== true || wasRevokedBefore(before, secret)) return []
    const isTarget = (/** @type {OracleStep} */ { targets }) =>
      targets.some(({ place, name }) => place === secret.place && name === secret.name)
    const isExcused = steps.some(
      (step) =>
        step.name === key.madeBy &&
        isRevokedByPolicy(step) &&
        readAlarms(step.runs, ['warning']).includes(`${secret.name} in ${secret.place}`),
    )
    if (!steps.some(isTarget) || isExcused) return []
    const what = `${secret.name} in ${secret.place} contains key ${key.id}, which is revoked`
    return [{ promise: 6, what }]
  })
}

/**
 * @param {OracleWorld} before
 * @param {OracleSecret} secret
 */
function wasRevokedBefore(before, secret) {
  const key = before.keys.find(({ value }) => value === secret.value)
  return key?.revoked === true && findSecret(before, secret)?.value === secret.value
}

/**
 * Promise 6: a create step deletes no secret that existed before, changes only its targets, and leaves no value that
 * is neither the old one nor a step's key.
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
      what: `${name} in ${place} contains what no step was to write there`,
    }))
  return [...lost, ...changed]
}

/**
 * Promise 11: a key that is not accepted by the service when its step verifies it is given to nobody.
 *
 * @param {Story} story
 * @returns {Violation[]}
 */
function findUnverified(story) {
  if (story.accepting) return []
  const held = findHeld(story)
  const verified = story.steps.filter(({ verifies }) => verifies).map(({ name }) => name)
  return story.after.keys
    .filter(({ madeBy, value }) => madeBy !== null && verified.includes(madeBy) && held.has(value))
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
 * Promises 4 and 9: a step ends by itself, a failure says why, and post never fails a job. Promise 10: one notice a
 * step at most.
 *
 * @param {OracleStep} step
 * @returns {Violation[]}
 */
function judgeEnds({ runs }) {
  return runs.flatMap((run) => {
    const { stage, endedBy, exitCode, annotations } = run
    if (annotations.filter(({ level }) => level === 'notice').length > 1) {
      return [{ promise: 10, what: `${stage} has more than one notice` }]
    }
    if (endedBy === 'time') return [{ promise: 4, what: `${stage} does not end` }]
    if (endedBy === 'killed') return []
    if (stage === 'post') {
      const isQuiet = exitCode === 0 && readAlarms([run], ['error']) === ''
      return isQuiet ? [] : [{ promise: 9, what: `post fails the job (exit code ${exitCode})` }]
    }
    const isSilent = exitCode !== 0 && readAlarms([run], ['error']) === ''
    return isSilent
      ? [{ promise: 4, what: `main fails (exit code ${exitCode}) without an error` }]
      : []
  })
}

/**
 * Promise 12: what the outputs report as revoked or deleted is.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeReports({ runs }, { after }) {
  return runs.flatMap(({ outputs }) => {
    const ids = ['replaced_key_ids', 'revoked_key_ids'].flatMap((name) => readList(outputs[name]))
    const active = after.keys.filter(({ id, revoked }) => !revoked && ids.includes(id))
    const deleted = readList(outputs['deleted_secrets']).filter(isTarget)
    const there = deleted.filter(({ target, name }) => findSecret(after, { place: target, name }))
    return [
      ...active.map(({ id }) => ({
        promise: 12,
        what: `key ${id} is reported as revoked, but is not`,
      })),
      ...there.map(({ target, name }) => ({
        promise: 12,
        what: `${name} in ${target} is reported as deleted, but exists`,
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
 * Promise 4: in the end, each new key is revoked, delivered, or named in an error or a warning. Promise 5: if the
 * label is the step's own, the key is revoked, not only named, as long as the service allows it.
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
        return [{ promise: 4, what: `key ${id} is active and unused, and nothing names it` }]
      }
      return step.ownsLabel && listing && revoking && !isInDoubt(step, story)
        ? [{ promise: 5, what: `key ${id} is the step's own and unused, but is only named` }]
        : []
    })
}

/**
 * Whether a write to a secret that was there before got no response: it counts as done, and its key stays active.
 *
 * @param {OracleStep} step
 * @param {Story} story
 */
function isInDoubt({ runs }, { notes }) {
  const records = [notes, ...runs.flatMap(({ state }) => Object.values(state))]
  return records.some((text) => /"existed\\*":true,\\*"status\\*":\\*"writing/.test(text))
}

/**
 * A step that reports a created key has delivered it, and the key works: what is in outputs, variables and secrets is
 * not revoked, except by the job's policy.
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
    return [{ promise: 6, what: 'main succeeds, but did not deliver its key everywhere' }]
  }
  const written = readList(main.outputs['secrets']).filter(isTarget)
  return [
    ...(key.revoked && !isRevokedByPolicy(step)
      ? [
          {
            promise: 6,
            what: `key ${key.id} was delivered by a step that succeeded, but is revoked`,
          },
        ]
      : []),
    ...(written.length === step.targets.length
      ? []
      : [{ promise: 6, what: 'main succeeds, but its output "secrets" omits some' }]),
    ...judgePolicy(step, story, key),
  ]
}

/**
 * A key that must not outlive the job is revoked by the post step, or named.
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
  return isNamed ? [] : [{ promise: 4, what: `key ${id} outlives its job, contrary to the policy` }]
}

/**
 * Promise 6: a step that fails names the targets that contain its key, as long as the key is active.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeFailure(step, { after }) {
  const [main] = step.runs
  if (main?.endedBy !== 'itself' || main.exitCode === 0) return []
  const reported = `${main.outputs['secrets'] ?? ''}\n${readAlarms([main], ['error'])}`
  return step.targets.flatMap((target) => {
    const value = findSecret(after, target)?.value
    const key = after.keys.find((one) => one.madeBy === step.name && one.value === value)
    if (key === undefined || reported.includes(target.place)) return []
    return [
      { promise: 6, what: `main fails without reporting that ${target.place} contains its key` },
    ]
  })
}

/**
 * Promise 7: previous keys are revoked only after the new one is delivered, the newest stay as requested, and a step
 * that succeeds has revoked or named all others.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeReplace(step, story) {
  const { before, after } = story
  const previous = before.keys
    .filter((key) => !key.revoked && isPrevious(step, key))
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt))
  const isRevoked = (/** @type {OracleKey} */ { id }) =>
    after.keys.some((key) => key.id === id && key.revoked)
  const gone = previous.filter(isRevoked)
  // Steps that replace the same keys side by side each go by their own `retain`.
  const replacing = story.steps.filter((other) => previous.some((key) => isPrevious(other, key)))
  const retain = Math.min(step.retain, ...replacing.map((other) => other.retain))
  const kept = previous.slice(0, retain).filter(isRevoked)
  const main = step.runs.find(({ stage }) => stage === 'main')
  const succeeded = main?.endedBy === 'itself' && main.exitCode === 0
  // One of them that cannot revoke a key says so for all.
  const runs = [step, ...replacing].flatMap((one) => one.runs)
  const warnings = readAlarms(runs, ['warning'])
  // What another one has revoked before counts no more for `retain`.
  const left = succeeded
    ? previous
        .filter((key) => !isRevoked(key))
        .slice(step.retain)
        .filter(({ id }) => !warnings.includes(id))
    : []
  return [
    ...(gone.length > 0 && replacing.every((one) => findDelivered(one, story).length === 0)
      ? [{ promise: 7, what: 'a previous key is revoked, and the new one is not delivered' }]
      : []),
    ...kept.map(({ id }) => ({ promise: 7, what: `key ${id} should have been retained` })),
    ...left.map(({ id }) => ({
      promise: 7,
      what: `previous key ${id} stays active, but nothing names it`,
    })),
  ]
}

/**
 * Promise 8: a step skips only if an active key and every secret exist.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeSkip(step, { before }) {
  const main = step.runs.find(({ stage }) => stage === 'main')
  if (main?.endedBy !== 'itself' || main.exitCode !== 0) return []
  if (step.ifExists !== 'skip' || main.outputs['created'] !== 'false') return []
  const isInPlace =
    before.keys.some(({ label, revoked }) => label === step.label && !revoked) &&
    step.targets.every((target) => findSecret(before, target) !== undefined)
  return isInPlace ? [] : [{ promise: 8, what: 'main skips, but not everything is in place' }]
}

/**
 * The revoke and prune actions: a run that succeeds has revoked and deleted everything selected; one that fails names
 * what remains.
 *
 * @param {OracleStep} step
 * @param {Story} story
 * @returns {Violation[]}
 */
function judgeRevocation({ runs, selectedIds, targets }, { after }) {
  const last = runs.at(-1)
  if (last?.endedBy !== 'itself') return []
  const active = after.keys.filter(({ id, revoked }) => selectedIds.includes(id) && !revoked)
  const there = targets.filter((target) => findSecret(after, target) !== undefined)
  const errors = readAlarms([last], ['error'])
  const [target] = there
  if (last.exitCode === 0) {
    return [
      ...active.map(({ id }) => ({ promise: 12, what: `key ${id} is active after a success` })),
      ...there.map(({ place }) => ({
        promise: 12,
        what: `${place} has its secret after a success`,
      })),
    ]
  }
  // A failure that names neither happened before anything was selected.
  return target !== undefined && active.length < selectedIds.length
    ? [{ promise: 6, what: `a key is revoked while ${target.place} has its secret: ${errors}` }]
    : []
}
