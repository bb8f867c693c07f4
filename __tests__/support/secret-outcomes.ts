import { expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/run-action.js'
import type { Sandbox } from '../../sandbox/server.js'
import { listHoldings, readAnnotations, SECRET, type SecretScenario } from './secret-scenario.js'

const REPOSITORY = 'octo-org/example'
/** A target in each of `STORES`. */
export const TARGETS = 'app=actions\napp=dependabot\napp=agents'
/** The stores of the repository that these tests write to, in order. */
export const STORES = ['actions', 'dependabot', 'agents'] as const
/** One of them. */
export type Store = (typeof STORES)[number]

/** Path of the secret in one store. */
export function pathOf(store: Store): string {
  return `/repos/${REPOSITORY}/${store}/secrets/${SECRET}`
}

/** A line of `listHoldings`. */
export function hold(store: Store, content: string): string {
  return `${REPOSITORY}${store === 'actions' ? '' : ` ${store}`}: ${SECRET} = ${content}`
}

/** The words for a target in errors and outputs. */
export function describePlace(store: Store): string {
  return `repo=${REPOSITORY}${store === 'actions' ? '' : ` app=${store}`}`
}

/** A clock that can be set back, so that secrets can be as old as those of real life. */
export function createClock() {
  let offset = 0
  return {
    now: () => new Date(Date.now() + offset),
    anHourAgo: (act: () => void) => {
      offset = -3_600_000
      act()
      offset = 0
    },
  }
}

/** The key went back, all secrets are as they were, and the outputs say so. */
export function expectTakenBack(
  result: RunResult,
  sandbox: Sandbox,
  left: readonly string[],
): void {
  expect(listHoldings(sandbox)).toEqual(left)
  expect(sandbox.keys()).toHaveLength(1)
  expect(sandbox.liveKeys()).toEqual([])
  expect(result.exitCode).toBe(1)
  expect(result.outputs).not.toHaveProperty('key')
  expect(result.outputs).toMatchObject({ created: 'false', secrets: '[]' })
}

/** The key stays alive and is named; `holding` hold it for certain, `unsure` may, `others` do not. */
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
  const [key, ...more] = sandbox.liveKeys()
  expect(more).toEqual([])
  expect(key).toBeDefined()
  expect(result.exitCode).toBe(1)
  const error = readAnnotations(result, 'error')
  expect(error).toContain(`Management Key ${key?.id} stays alive`)
  const [, certainPart = '', unsurePart = '', othersPart = ''] =
    /stays alive(?:(?!\. The new key is in |\. It may be in |\. It is not in ).)*(\. The new key is in .*?)?(\. It may be in .*?)?(\. It is not in .*?)?\. Mend the cause/s.exec(
      error,
    ) ?? []
  const namesIn = (part: string) => STORES.filter((store) => mentions(part, store))
  expect(namesIn(certainPart)).toEqual(STORES.filter((store) => holding[store] !== undefined))
  expect(namesIn(unsurePart)).toEqual([...unsure])
  expect(namesIn(othersPart)).toEqual([...others])
  expect(result.summary).toContain(key?.id)
  expect(result.outputs).toMatchObject({ created: 'true', key_id: key?.id })
  const told: readonly unknown[] = JSON.parse(result.outputs['secrets'] ?? '')
  const expected = STORES.flatMap((store) => {
    const status = holding[store]
    return status === undefined ? [] : [{ target: describePlace(store), name: SECRET, status }]
  })
  expect([...told].sort(byText)).toEqual(expected.sort(byText))
}

function mentions(text: string, store: Store): boolean {
  return new RegExp(`${SECRET} in ${describePlace(store)}(?= and|,|$)`).test(text)
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
}

/** Runs post and makes sure that it changes nothing, as `revoke: never` wants. */
export async function expectPostLeavesAll(
  { post, sandbox }: SecretScenario,
  result: RunResult,
): Promise<void> {
  const before = [listHoldings(sandbox), sandbox.liveKeys().map(({ id }) => id)]
  const cleaned = await post(result, { job_status: 'failure' })
  expect(cleaned.exitCode).toBe(0)
  expect(cleaned.annotations).toEqual([])
  expect([listHoldings(sandbox), sandbox.liveKeys().map(({ id }) => id)]).toEqual(before)
}
