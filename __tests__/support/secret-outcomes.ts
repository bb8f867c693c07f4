import { expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { messagesOf } from './messages.js'
import { type Scenario, SECRET } from './scenario.js'
import { listSecrets } from './secrets.js'

const REPOSITORY = 'octo-org/example'
/** How often a request to GitHub is sent at most: one attempt and three retries. */
export const EVERY_ATTEMPT = 4
/** A target in each of `STORES`. */
export const TARGETS = 'app=actions\napp=dependabot\napp=agents'
/** The stores of the repository that these tests write to, in order. */
export const STORES = ['actions', 'dependabot', 'agents'] as const
export type Store = (typeof STORES)[number]

export function pathOf(store: Store): string {
  return `/repos/${REPOSITORY}/${store}/secrets/${SECRET}`
}

export function lineOf(store: Store, content: string): string {
  return `${REPOSITORY}${store === 'actions' ? '' : ` ${store}`}: ${SECRET} = ${content}`
}

/** What the secret contains in each of the stores; there must be no other secret. */
export function readStores(sandbox: Sandbox): readonly string[] {
  const lines = listSecrets(sandbox)
  const found = STORES.map((store) => lines.find((line) => line.startsWith(lineOf(store, ''))))
  expect(found.filter((line) => line !== undefined)).toHaveLength(lines.length)
  return found.map((line) => line?.split(' = ')[1] ?? 'none')
}

/** What the output says of each secret that was written. */
export function listStatuses({ outputs }: RunResult): readonly string[] {
  const secrets: readonly { status: string }[] = JSON.parse(outputs['secrets'] ?? '[]')
  return secrets.map(({ status }) => status)
}

/** A target in errors and outputs. */
export function describePlace(store: Store): string {
  return `repo=${REPOSITORY}${store === 'actions' ? '' : ` app=${store}`}`
}

/** Expects that the key was revoked, all secrets are as before, and the outputs report it. */
export function expectTakenBack(
  result: RunResult,
  sandbox: Sandbox,
  left: readonly string[],
): void {
  expect(listSecrets(sandbox)).toEqual(left)
  expect(sandbox.keys()).toHaveLength(1)
  expect(sandbox.activeKeys()).toEqual([])
  expect(result.exitCode).toBe(1)
  expect(result.outputs).not.toHaveProperty('key')
  expect(result.outputs).toMatchObject({ created: 'false', secrets: '[]' })
}

/** Runs main and expects that it takes back all, and post that there is nothing left to do. */
export async function expectRunTakenBack(
  parts: Scenario,
  inputs: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const result = await parts.main(inputs)
  expectTakenBack(result, parts.sandbox, [])
  await expectPostLeavesAll(parts, result)
  return result
}

/** Expects that the key stays active, and that the step reports who contains it: `holding`, perhaps `unsure`, not `others`. */
export function expectHalf(
  result: RunResult,
  sandbox: Sandbox,
  {
    holding = {},
    unsure = [],
    others = [],
  }: {
    holding?: Partial<Record<Store, 'created' | 'updated'>>
    unsure?: readonly Store[]
    others?: readonly Store[]
  },
): void {
  const [key, ...more] = sandbox.activeKeys()
  expect(more).toEqual([])
  expect(result.exitCode).toBe(1)
  expect(result.outputs).toMatchObject({ created: 'false', key_id: key?.id })
  expect(result.summary).toContain(key?.id)

  const certain = STORES.filter((store) => holding[store] !== undefined)
  const places = listSecrets(sandbox)
  for (const store of certain) expect(places).toContain(lineOf(store, 'active'))
  for (const store of others) expect(places).not.toContain(lineOf(store, 'active'))
  const expected = certain.map((store) => ({
    target: describePlace(store),
    name: SECRET,
    status: holding[store],
  }))
  const reported: unknown = JSON.parse(result.outputs['secrets'] ?? '')
  expect(reported).toHaveLength(expected.length)
  expect(reported).toEqual(expect.arrayContaining(expected))

  const error = messagesOf(result, 'error').join('\n')
  expect(error).toContain(`Management Key ${key?.id} stays active`)
  const said = [...error.replaceAll(' (rolled back)', '').matchAll(/^- .+$/gm)].map(String)
  const say = (store: Store, status = '') => `- ${SECRET} in ${describePlace(store)}: ${status}`
  const expectedLines = [
    ...certain.map((store) => say(store, holding[store])),
    ...unsure.map((store) => say(store, 'may be written')),
    ...others.map((store) => say(store, 'not written')),
  ]
  expect(said.toSorted()).toEqual(expectedLines.toSorted())
}

/** Runs post and expects that it changes nothing, as with `revoke: never`, and names the key. */
export async function expectPostLeavesAll(
  { post, sandbox }: Scenario,
  result: RunResult,
): Promise<void> {
  const before = [listSecrets(sandbox), sandbox.activeKeys().map(({ id }) => id)]
  const cleaned = await post(result, { job_status: 'failure' })
  expect(cleaned.exitCode).toBe(0)
  // Either the key is in use, or the main step has revoked it.
  expect(messagesOf(cleaned, 'warning')).toEqual(
    sandbox
      .activeKeys()
      .map(({ id }) =>
        expect.stringContaining(`${id} stays active (revoke: never): the main step`),
      ),
  )
  expect([listSecrets(sandbox), sandbox.activeKeys().map(({ id }) => id)]).toEqual(before)
  if (before[1]?.length === 0) expect(cleaned.shown.join('\n')).toContain('the main step revoked')
}
