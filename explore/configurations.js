/** @import { Sandbox } from '../sandbox/types.ts' */
/** @import { Around, Configuration, Trait } from './types.ts' */

/** The run ID, which labels may contain. */
export const RUN_ID = '7263548190'
const OWN_LABEL = `preview-${RUN_ID}`
const FIXED_LABEL = 'preview-42'
const SECRET = 'JUNCTION_KEY'
const OLD_VALUE = 'an older value'

const ACTIONS_TARGET = 'repo'
const DEPENDABOT_TARGET = 'app=dependabot'
const AGENTS_TARGET = 'app=agents'
const ENVIRONMENT_TARGET = 'env=preview'

/** @type {Configuration[]} */
const CREATING = [
  create('create-fixed', { label: FIXED_LABEL }),
  create('create-own', {}),
  create('create-own-again', {}, { young: true }),
  create('create-lost-state', {}, { losesState: true }),
  create(
    'create-secrets-lost-state',
    { output_key: 'false' },
    { fresh: [AGENTS_TARGET], old: [ACTIONS_TARGET], losesState: true },
  ),
  create('create-env', { env_name: 'EXPLORED_KEY' }),
  create('create-env-only', { env_name: 'EXPLORED_KEY', output_key: 'false', label: FIXED_LABEL }),
  create('create-always', { revoke: 'always' }),
  create('create-on-failure', { revoke: 'on_failure' }, { jobFails: true }),
  create('create-secret', { output_key: 'false' }, { fresh: [ACTIONS_TARGET] }),
  create('create-old-secret', { output_key: 'false' }, { old: [ACTIONS_TARGET] }),
  create('create-fixed-secret', { label: FIXED_LABEL }, { fresh: [ACTIONS_TARGET] }),
  create(
    'create-secrets',
    { output_key: 'false' },
    { fresh: [ACTIONS_TARGET, AGENTS_TARGET], old: [DEPENDABOT_TARGET] },
  ),
  create('create-environment', { create_environments: 'true' }, { fresh: [ENVIRONMENT_TARGET] }),
  create('always-secrets', { revoke: 'always' }, { fresh: [ACTIONS_TARGET, AGENTS_TARGET] }),
  create('always-old-secret', { revoke: 'always' }, { old: [ACTIONS_TARGET] }),
  create(
    'on-failure-secrets',
    { revoke: 'on_failure' },
    { fresh: [AGENTS_TARGET], old: [ACTIONS_TARGET], jobFails: true },
  ),
]

/** @type {Configuration[]} */
const REPLACING = [
  create('replace', { if_exists: 'replace' }, { previous: 2 }),
  create(
    'replace-retain',
    { if_exists: 'replace', retain: '1', label: FIXED_LABEL },
    { previous: 3 },
  ),
  create('replace-secret', { if_exists: 'replace' }, { previous: 1, fresh: [ACTIONS_TARGET] }),
  create(
    'replace-old-secret',
    { if_exists: 'replace', output_key: 'false', label: FIXED_LABEL },
    { previous: 1, old: [ACTIONS_TARGET] },
  ),
  create(
    'replace-secrets',
    { if_exists: 'replace', output_key: 'false', retain: '1', label: FIXED_LABEL },
    { previous: 2, old: [ACTIONS_TARGET], fresh: [DEPENDABOT_TARGET, AGENTS_TARGET] },
  ),
  create(
    'replace-always',
    { if_exists: 'replace', revoke: 'always' },
    { previous: 1, fresh: [ACTIONS_TARGET] },
  ),
  create(
    'replace-verified',
    { if_exists: 'replace', verify: 'true' },
    { previous: 1, old: [ACTIONS_TARGET], fresh: [AGENTS_TARGET] },
  ),
  create('skip-fresh', { if_exists: 'skip', label: FIXED_LABEL }, { fresh: [ACTIONS_TARGET] }),
  create(
    'skip-in-place',
    { if_exists: 'skip', label: FIXED_LABEL },
    { previous: 1, old: [ACTIONS_TARGET], makesNone: true },
  ),
]

/** @type {Configuration[]} */
const COMPANIONS = [
  revoke('revoke-ids', { by: 'id', targets: [] }),
  revoke('revoke-label', { by: 'label', targets: [ACTIONS_TARGET, DEPENDABOT_TARGET] }),
  {
    name: 'prune',
    action: 'prune',
    jobFails: false,
    losesState: false,
    traits: ['lists', 'revokes'],
    prepare(sandbox) {
      const [team = ''] = sandbox.teamIds
      const old = [40, 30, 20].map((days) => addKey(sandbox, 'preview-pr-1', [team], days))
      addKey(sandbox, 'preview-pr-2', [team], 1)
      addKey(sandbox, 'production', [team], 90)
      return {
        inputs: { label_pattern: 'preview-pr-*', older_than: '14d', dry_run: 'false' },
        expected: { selectedIds: old.map(({ id }) => id) },
      }
    },
  },
]

/** Every configuration that is explored. */
export const CONFIGURATIONS = [...CREATING, ...REPLACING, ...COMPANIONS]

/**
 * @param {string} name
 * @param {Record<string, string>} given
 * @param {Around} [around]
 * @returns {Configuration}
 */
function create(name, given, around = {}) {
  const { previous = 0, old = [], fresh = [], young = false } = around
  const { jobFails = false, losesState = false, makesNone = false } = around
  const label = given['label'] ?? OWN_LABEL
  const ifExists = given['if_exists'] ?? 'create'
  const targets = [...old, ...fresh]
  /** @type {[Trait, boolean][]} */
  const traits = [
    ['create', !makesNone],
    ['own', label === OWN_LABEL],
    ['lists', label === OWN_LABEL || ifExists !== 'create'],
    ['writes', targets.length > 0 && !makesNone],
    ['several', targets.length > 1],
    ['creates', fresh.length > 0],
    ['revokes', previous > 0 || 'revoke' in given],
    ['deletes', fresh.length > 0 && 'revoke' in given],
    ['verifies', given['verify'] === 'true'],
  ]
  return {
    name,
    action: 'create',
    jobFails,
    losesState,
    traits: traits.flatMap(([trait, has]) => (has ? [trait] : [])),
    prepare(sandbox) {
      const [team = '', other = ''] = sandbox.teamIds
      const keys = Array.from({ length: previous }, (_, index) =>
        addKey(sandbox, label, [team], previous - index),
      )
      if (young) addKey(sandbox, label, [team], 0)
      // Neighbors that must survive: the label with other teams, and another label with the team.
      addKey(sandbox, label, [team, other], 5)
      addKey(sandbox, `${label}-other`, [team], 5)
      for (const target of old) addSecret(sandbox, target, keys.at(-1)?.key ?? OLD_VALUE)
      addSecret(sandbox, ACTIONS_TARGET, OLD_VALUE, 'UNRELATED')
      return {
        inputs: { team_id: team, label, ...given, ...secretInputs(sandbox, targets) },
        expected: {
          label,
          ifExists: asChoice(ifExists, ['create', 'replace', 'skip', 'fail']),
          retain: Number(given['retain'] ?? 0),
          policy: asChoice(given['revoke'] ?? 'never', ['never', 'always', 'on_failure']),
          outputKey: given['output_key'] !== 'false',
          envName: given['env_name'],
          verifies: given['verify'] === 'true',
          targets: targets.map((target) => placeOf(sandbox, target)),
        },
      }
    },
  }
}

/**
 * @param {string} name
 * @param {{ by: 'id' | 'label', targets: string[] }} what
 * @returns {Configuration}
 */
function revoke(name, { by, targets }) {
  return {
    name,
    action: 'revoke',
    jobFails: false,
    losesState: false,
    traits: by === 'label' ? ['lists', 'revokes', 'deletes'] : ['revokes'],
    prepare(sandbox) {
      const [team = ''] = sandbox.teamIds
      const keys = [3, 2].map((days) => addKey(sandbox, FIXED_LABEL, [team], days))
      addKey(sandbox, 'production', [team], 1)
      for (const target of targets) addSecret(sandbox, target, keys.at(-1)?.key ?? '')
      addSecret(sandbox, ACTIONS_TARGET, OLD_VALUE, 'UNRELATED')
      const selected = keys.map(({ id }) => id)
      return {
        inputs: {
          ...(by === 'id' ? { key_id: selected.join() } : { label: FIXED_LABEL }),
          ...secretInputs(sandbox, targets),
        },
        expected: {
          selectedIds: selected,
          targets: targets.map((target) => placeOf(sandbox, target)),
        },
      }
    },
  }
}

/**
 * @param {Sandbox} sandbox
 * @param {string[]} targets
 * @returns {Record<string, string>}
 */
function secretInputs({ githubToken }, targets) {
  if (targets.length === 0) return {}
  return { secret_name: SECRET, secret_targets: targets.join('\n'), github_token: githubToken }
}

/**
 * @param {Sandbox} sandbox
 * @param {string} label
 * @param {string[]} teamIds
 * @param {number} days Its age.
 */
function addKey(sandbox, label, teamIds, days) {
  const createdAt = new Date(Date.now() - days * 86_400_000).toISOString()
  return sandbox.addKey({ label, teamIds, createdAt })
}

/**
 * @param {Sandbox} sandbox
 * @param {string} target
 * @param {string} value
 * @param {string} [name]
 */
function addSecret({ github, repository }, target, value, name = SECRET) {
  const [owner = '', repo = ''] = repository.split('/')
  const place =
    target === DEPENDABOT_TARGET
      ? { store: /** @type {const} */ ('dependabot') }
      : target === AGENTS_TARGET
        ? { store: /** @type {const} */ ('agents') }
        : {}
  github.addSecret({ owner, repo, name, value, ...place })
}

/**
 * @param {Sandbox} sandbox
 * @param {string} target
 */
function placeOf({ repository }, target) {
  const rest = target === ACTIONS_TARGET ? '' : ` ${target}`
  return { place: `repo=${repository}${rest}`, name: SECRET }
}

/**
 * @template {string} T
 * @param {string} text
 * @param {readonly T[]} choices
 * @returns {T}
 */
function asChoice(text, choices) {
  const found = choices.find((choice) => choice === text)
  if (found === undefined) throw new TypeError(`${text} is not one of ${choices.join(', ')}`)
  return found
}
