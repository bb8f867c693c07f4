/** What both engines play: steps, and what exists before them. */

export const RUN_ID = '7263548190'
export const ORG_ID = '00000000-0000-4000-8000-000000000000'
export const ORG_KEY = 'mg_fake_org_key_of_all'
/** The teams of steps, and one of neighbors alone. */
export const TEAMS = 'abc'.split('').map((last) => `00000000-0000-4000-9000-00000000000${last}`)
export const REPOSITORY = 'octo-org/example'
export const ENV_NAME = 'EXPLORED_KEY'

const ACTIONS = `repo=${REPOSITORY}`
const DEPENDABOT = `${ACTIONS} app=dependabot`
const AGENTS = `${ACTIONS} app=agents`
const CODESPACES = `${ACTIONS} app=codespaces`
const ENVIRONMENT = `${ACTIONS} env=preview`
/** More than are written at the same time. */
const ALL = [ACTIONS, AGENTS, CODESPACES, DEPENDABOT, ENVIRONMENT]

/** Where a secret is, in the syntax of `secret_targets`, and its name. */
export interface Target {
  readonly place: string
  readonly name: string
}

/** The inputs of a step, as far as the promises depend on them. */
export interface StepPlan {
  readonly name: string
  readonly action: 'create' | 'revoke' | 'prune'
  readonly label: string
  readonly teamIds: readonly string[]
  readonly ifExists: 'create' | 'replace' | 'skip' | 'fail'
  readonly retain: number
  /** Its input `revoke`. */
  readonly policy: 'never' | 'always' | 'on_failure'
  readonly outputKey: boolean
  readonly exportsKey: boolean
  readonly verifies: boolean
  /** Where it writes or deletes a secret. */
  readonly places: readonly string[]
  /** Which of `places` already have the secret. */
  readonly old: readonly string[]
  /** Whether the runner drops the state of a main step that does not end by itself, as it does for a background step. */
  readonly losesState: boolean
  /** The input that is empty in its post step. */
  readonly empty?: EmptyInput | undefined
}

const FIXED: StepPlan = {
  name: 'step',
  action: 'create',
  label: 'preview-42',
  teamIds: TEAMS.slice(0, 1),
  ifExists: 'create',
  retain: 0,
  policy: 'never',
  outputKey: true,
  exportsKey: false,
  verifies: false,
  places: [],
  old: [],
  losesState: false,
}

/** The kinds of requests, and what tells them. */
export const REQUESTS = {
  create: { method: 'POST', path: '/management_key' },
  list: { method: 'GET', path: '/management_key' },
  revoke: { method: 'DELETE', path: '/management_key' },
  team: { method: 'GET', path: '/team/' },
  write: { method: 'PUT', path: '/secrets/' },
  look: { method: 'GET', path: '/secrets/' },
  delete: { method: 'DELETE', path: '/secrets/' },
} as const

export type Request = keyof typeof REQUESTS

/** One way to use the actions: its step, and what exists before. */
export interface Configuration extends StepPlan {
  /** How many keys have its label and its team before; the newest of them is in all old secrets. */
  readonly previous?: number
  /** Whether an earlier attempt of the run has just created a key with its label and its team. */
  readonly young?: boolean
  /** Whether a later step fails the job after this one has succeeded. */
  readonly jobFails?: boolean
  /** Whether `RUNNER_TEMP` is missing, so that there is no journal. */
  readonly hasNoTemp?: boolean
}

const OWN: StepPlan = { ...FIXED, label: `preview-${RUN_ID}` }
const SILENT = { ...OWN, outputKey: false }
const ALWAYS = { ...OWN, policy: 'always' } as const
const ON_FAILURE = { ...OWN, policy: 'on_failure', jobFails: true } as const
const REPLACE = { ...OWN, ifExists: 'replace' } as const
const REPLACE_FIXED = { ...FIXED, ifExists: 'replace' } as const
const REPLACE_SILENT = { ...REPLACE_FIXED, outputKey: false }
const SKIP = { ...FIXED, ifExists: 'skip' } as const
const REVOKE = { ...FIXED, action: 'revoke', previous: 2 } as const

/** Every configuration that is explored; the simulation plays the steps of the root action, too. */
export const CONFIGURATIONS: readonly Configuration[] = [
  configure('create-fixed', FIXED),
  configure('create-own', OWN),
  configure('create-own-again', OWN, { young: true }),
  configure('create-lost-state', OWN, { losesState: true }),
  configure('create-without-journal', OWN, { hasNoTemp: true }),
  configure('create-env', OWN, { exportsKey: true }),
  configure('create-env-only', FIXED, { exportsKey: true, outputKey: false }),
  configure('create-always', ALWAYS),
  configure('create-on-failure', ON_FAILURE),
  configure('create-secret', SILENT, {}, [ACTIONS]),
  configure('create-old-secrets', SILENT, {}, [], [ACTIONS, DEPENDABOT]),
  configure('create-fixed-secret', FIXED, {}, [ACTIONS]),
  configure('create-secrets', SILENT, {}, [ACTIONS, AGENTS], [DEPENDABOT]),
  configure('create-many-secrets', SILENT, {}, ALL),
  configure('create-secrets-lost-state', SILENT, { losesState: true }, [AGENTS], [ACTIONS]),
  configure('create-environment', OWN, {}, [ENVIRONMENT]),
  configure('always-secrets', ALWAYS, {}, [ACTIONS, AGENTS]),
  configure('always-old-secret', ALWAYS, {}, [], [ACTIONS]),
  configure('on-failure-secrets', ON_FAILURE, {}, [AGENTS], [ACTIONS]),

  configure('replace', REPLACE, { previous: 2 }),
  configure('replace-retain', REPLACE_FIXED, { retain: 1, previous: 3 }),
  configure('replace-secret', REPLACE, { previous: 1 }, [ACTIONS]),
  configure('replace-old-secret', REPLACE_SILENT, { previous: 1 }, [], [ACTIONS]),
  configure(
    'replace-secrets',
    REPLACE_SILENT,
    { retain: 1, previous: 2 },
    [DEPENDABOT, AGENTS],
    [ACTIONS],
  ),
  configure('replace-always', REPLACE, { policy: 'always', previous: 1 }, [ACTIONS]),
  configure('replace-verified', REPLACE, { verifies: true, previous: 1 }, [AGENTS], [ACTIONS]),
  configure('skip-fresh', SKIP, {}, [ACTIONS]),
  configure('skip-in-place', SKIP, { previous: 1 }, [], [ACTIONS]),

  configure('revoke-ids', REVOKE),
  configure('revoke-label', REVOKE, {}, [], [ACTIONS, DEPENDABOT]),
  configure('prune', FIXED, { action: 'prune', previous: 3 }),
]

/** `fresh` are targets without the secret, `old` those that already have it. */
function configure(
  name: string,
  plan: StepPlan,
  more: Partial<Configuration> = {},
  fresh: readonly string[] = [],
  old: readonly string[] = [],
): Configuration {
  return { ...plan, ...more, name, places: [...old, ...fresh], old }
}

/** A separate secret for each step: the result of two writes to one would be ambiguous. */
export function listTargets({ name, places }: StepPlan): Target[] {
  return places.map((place) => ({ place, name: name.toUpperCase().replaceAll('-', '_') }))
}

/** The inputs of a step, `selected` being the IDs of the keys that a revoke step is to revoke. */
export function describeInputs(
  step: StepPlan,
  githubToken: string,
  selected: readonly string[] = [],
): Record<string, string> {
  const [target] = listTargets(step)
  const shared = {
    org_key: ORG_KEY,
    org_id: ORG_ID,
    ...(target !== undefined && {
      github_token: githubToken,
      secret_name: target.name,
      secret_targets: step.places.join('\n'),
    }),
  }
  if (step.action === 'prune') {
    return { ...shared, label_pattern: `${step.label}*`, older_than: '14d', dry_run: 'false' }
  }
  if (step.action === 'revoke') {
    return { ...shared, ...(target ? { label: step.label } : { key_id: selected.join() }) }
  }
  return {
    ...shared,
    team_id: step.teamIds.join(),
    label: step.label,
    if_exists: step.ifExists,
    retain: String(step.retain),
    revoke: step.policy,
    output_key: String(step.outputKey),
    env_name: step.exportsKey ? ENV_NAME : '',
    verify: String(step.verifies),
    create_environments: String(step.places.some((place) => place.includes(' env='))),
  }
}

/** Inputs that can be empty in a post step: a local action inside a local composite evaluates them in another context. */
export const EMPTY_INPUTS = ['revoke', 'org_key', 'github_token'] as const
export type EmptyInput = (typeof EMPTY_INPUTS)[number]
