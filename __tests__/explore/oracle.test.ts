import { describe, expect, test } from '@jest/globals'
import type { OracleKey, OracleRun, OracleSecret, OracleStep, Story } from '../../explore/oracle.js'
import { judge } from '../../explore/oracle.js'
import { CONFIGURATIONS, RUN_ID, type StepPlan } from '../../explore/scenarios.js'

const ORG_KEY = 'mg_fake_org'
const [PLAN = {} as StepPlan] = CONFIGURATIONS.map((one) => ({
  ...one,
  name: 'step',
  verifies: true,
}))
const OLD: OracleKey = {
  id: 'old',
  key: 'mg_fake_old',
  label: PLAN.label,
  role: 'team_admin',
  teamIds: [...PLAN.teamIds],
  createdAt: '2026-01-01T00:00:00Z',
  revokedAt: null,
  madeBy: null,
}
const NEW: OracleKey = {
  ...OLD,
  id: 'new',
  key: 'mg_fake_new',
  createdAt: '2026-02-01T00:00:00Z',
  madeBy: 'step',
}
const TARGET = { place: 'repo=octo-org/example', name: 'STEP' }
const MASKS = [ORG_KEY, NEW.key]

/** A main step that has created a key and delivered it as an output. */
const MAIN: OracleRun = {
  stage: 'main',
  inputs: { org_key: ORG_KEY },
  exitCode: 0,
  timedOut: false,
  lines: [`::add-mask::${ORG_KEY}`, `::add-mask::${NEW.key}`, 'Created new'],
  masks: MASKS,
  annotations: [],
  outputs: { created: 'true', key: NEW.key, key_id: NEW.id, secrets: '[]' },
  env: {},
  state: { transaction: 'new' },
  summary: 'new',
}
const POST: OracleRun = { ...MAIN, stage: 'post', outputs: {}, state: {}, summary: '' }
const KILLED: OracleRun = { ...MAIN, exitCode: null, outputs: {} }
const FAILED: OracleRun = {
  ...MAIN,
  exitCode: 1,
  outputs: {},
  annotations: [{ level: 'error', message: 'It failed', properties: {} }],
}

type Keys = readonly OracleKey[]
type Secrets = readonly OracleSecret[]
type Given = Partial<Omit<Story, 'before' | 'after' | 'steps'>> &
  Partial<Pick<OracleStep, 'runs' | 'over'>> &
  Partial<Record<'before' | 'after', Keys> & Record<'secretsBefore' | 'secrets', Secrets>> & {
    step?: Partial<OracleStep>
  }

/** A story of one create step; by default, everything succeeded. */
function tell({
  step = {},
  runs = [MAIN, POST],
  before = [OLD],
  after = [...before, NEW],
  secretsBefore = [],
  secrets = secretsBefore,
  over = true,
  ...rest
}: Given): Story {
  return {
    before: { keys: before, secrets: secretsBefore },
    after: { keys: after, secrets },
    steps: [
      {
        ...PLAN,
        selectedIds: [],
        jobFailed: false,
        over,
        isSignaled: false,
        runs,
        ...step,
      },
    ],
    confidential: [ORG_KEY],
    notes: '',
    listing: true,
    revoking: true,
    accepting: true,
    ...rest,
  }
}

const GONE_OLD = { ...OLD, revokedAt: '2026-03-01T00:00:00Z' }
const GONE_NEW = { ...NEW, revokedAt: '2026-03-01T00:00:00Z' }
const IN_SECRET = { ...TARGET, value: NEW.key }
const OLD_SECRET = { ...TARGET, value: 'an older value' }
const REPLACING = { ifExists: 'replace' } as const
const WRITING = { places: [TARGET.place] }
const WRITTEN = JSON.stringify([{ target: TARGET.place, name: TARGET.name, status: 'created' }])
const MAIN_WITH_SECRET = { ...MAIN, outputs: { ...MAIN.outputs, secrets: WRITTEN } }
const warn = (message: string, main = KILLED): OracleRun[] => [
  main,
  { ...POST, annotations: [{ level: 'warning', message, properties: {} }] },
]

describe('the oracle accepts', () => {
  test.each([
    ['a key that is delivered', {}],
    ['a kill before anything happened', { runs: [KILLED, POST], after: [OLD] }],
    ['a key that is revoked after a kill', { runs: [KILLED, POST], after: [OLD, GONE_NEW] }],
    ['a key that is named', { runs: warn('new may be active') }],
    ['a key that nobody has named yet', { runs: [KILLED], over: false }],
    ['a previous key that is replaced', { step: REPLACING, after: [GONE_OLD, NEW] }],
    ['a key that is revoked as asked', { step: { policy: 'always' }, after: [OLD, GONE_NEW] }],
    ['a secret', { step: WRITING, runs: [MAIN_WITH_SECRET, POST], secrets: [IN_SECRET] }],
    [
      'an overwritten secret that is named when the policy revokes its key',
      {
        step: { ...WRITING, policy: 'always' },
        runs: warn('STEP in repo=octo-org/example contains a revoked key', MAIN_WITH_SECRET),
        after: [OLD, GONE_NEW],
        secretsBefore: [OLD_SECRET],
        secrets: [IN_SECRET],
      },
    ],
    [
      'a label that is named where lists are refused',
      { runs: warn('Check for a key with the label "preview-42"'), listing: false },
    ],
  ] satisfies [string, Given][])('%s', (_name, given) => {
    expect(judge(tell(given))).toEqual([])
  })

  test('the key that is retained after another step has revoked a newer one', () => {
    const before = [OLD, { ...OLD, id: 'older' }]
    const story = tell({
      step: { ...REPLACING, retain: 1 },
      before,
      after: [GONE_OLD, { ...OLD, id: 'older' }, NEW],
    })
    const other = { name: 'other', retain: 0, runs: [KILLED] }
    const steps = story.steps.flatMap((step) => [step, { ...step, ...other }])
    expect(judge({ ...story, steps })).toEqual([])
  })
})

describe('the oracle finds', () => {
  test.each([
    ['No leak', 'a key in the log', { runs: [{ ...MAIN, lines: [...MAIN.lines, NEW.key] }] }],
    ['No leak', 'a key in the state', { runs: [{ ...MAIN, state: { transaction: NEW.key } }] }],
    ['No leak', 'a credential in the notes', { notes: ORG_KEY }],
    ['No leak', 'a key without a mask', { runs: [{ ...MAIN, masks: [ORG_KEY] }] }],
    ['No leak', 'words before masks', { runs: [{ ...MAIN, lines: ['Hello', ...MAIN.lines] }] }],
    ['No unused key', 'an unused key', { runs: [KILLED, POST] }],
    [
      'No silent end',
      'a failure without a word',
      { runs: [{ ...FAILED, annotations: [] }], after: [OLD] },
    ],
    ['No silent end', 'a process without an end', { runs: [{ ...MAIN, timedOut: true }] }],
    ['No unused key', 'a key that outlives the policy', { step: { policy: 'always' } }],
    [
      'No unused key',
      'a key of its own that is only named',
      { step: { label: `preview-${RUN_ID}` }, runs: warn('new may be active') },
    ],
    ['No harm to others', "somebody else's key revoked", { after: [GONE_OLD, NEW] }],
    ['No partial writes', 'a delivered key revoked', { after: [OLD, GONE_NEW] }],
    [
      'No partial writes',
      'a secret with a revoked key',
      {
        step: WRITING,
        runs: [FAILED],
        after: [OLD, GONE_NEW],
        secretsBefore: [OLD_SECRET],
        secrets: [IN_SECRET],
      },
    ],
    [
      'No partial writes',
      'a new secret with a revoked key, although it is named',
      {
        step: { ...WRITING, policy: 'always' },
        runs: warn(`STEP in ${TARGET.place} is left`, MAIN_WITH_SECRET),
        after: [OLD, GONE_NEW],
        secrets: [IN_SECRET],
      },
    ],
    ['No partial writes', 'a secret that is gone', { secretsBefore: [OLD_SECRET], secrets: [] }],
    ['No partial writes', 'a secret that was no target', { secrets: [IN_SECRET] }],
    ['No partial writes', 'a success without its secret', { step: WRITING }],
    [
      'No partial writes',
      'a failure that does not say where its key is',
      { step: WRITING, runs: [FAILED], secrets: [IN_SECRET] },
    ],
    [
      'Replace last',
      'a previous key revoked before the new one is delivered',
      { step: REPLACING, runs: [KILLED], over: false, after: [GONE_OLD, NEW] },
    ],
    [
      'Replace last',
      'a previous key revoked that was to stay',
      { step: { ...REPLACING, retain: 1 }, after: [GONE_OLD, NEW] },
    ],
    ['Replace last', 'a previous key that stays unmentioned', { step: REPLACING }],
    [
      'Honest skip',
      'a skip without secrets',
      {
        step: { ...WRITING, ifExists: 'skip' },
        runs: [{ ...MAIN, outputs: { created: 'false' } }],
        after: [OLD],
      },
    ],
    ['Post never fails', 'a post step that fails', { runs: [MAIN, { ...POST, exitCode: 1 }] }],
    ['Verified first', 'a key that was not accepted, and is delivered', { accepting: false }],
    [
      'Done means done',
      'an output that calls an active key revoked',
      { runs: [{ ...MAIN, outputs: { ...MAIN.outputs, replaced_key_ids: '["old"]' } }] },
    ],
    [
      'Done means done',
      'a revocation that succeeds and leaves a key',
      {
        step: { action: 'revoke', selectedIds: ['old'] },
        runs: [{ ...MAIN, outputs: {} }],
        after: [OLD],
      },
    ],
  ] satisfies [string, string, Given][])('as a breach of "%s": %s', (promise, _name, given) => {
    expect(judge(tell(given)).map((violation) => violation.promise)).toContain(promise)
  })
})
