import { type Case, namePair, type Outcome, type Pair } from './cases.js'

/** Plays a case, and counts and reports its outcome. */
export type PlayCase = (which: Case) => Promise<Outcome>

/** How many kills of main each visit to a pair tries. */
const KILLS_A_VISIT = 3

/**
 * Explores pairs completely, as many cases at a time as there are workers, until the time is up: each kill of main,
 * and for each new situation after it, each kill of post, which depends on nothing else.
 */
export async function exploreAll(
  pairs: readonly Pair[],
  playCase: PlayCase,
  workers: number,
  isTime: () => boolean,
): Promise<void> {
  const tasks = pairs.map((pair) => () => explorePair(pair))
  /** Kills of post, after everything else. */
  const later: (() => Promise<unknown>)[] = []
  const busy = new Set<Promise<unknown>>()
  await runInLanes(workers, async () => {
    // A lane without a task waits, because another lane may add some.
    while (!isTime()) {
      const task = tasks.pop() ?? later.pop()
      if (task === undefined && busy.size === 0) return
      if (task === undefined) await Promise.race(busy)
      else await run(task())
    }
  })

  async function run(work: Promise<unknown>): Promise<void> {
    busy.add(work)
    try {
      await work
    } finally {
      busy.delete(work)
    }
  }

  async function explorePair(pair: Pair): Promise<void> {
    const known = new Set<string>()
    const { mainEffects } = await explorePost(pair, 0, known)
    for (let main = mainEffects.length; main > 0; main -= 1) {
      tasks.push(async () => {
        await explorePost(pair, main, known)
      })
    }
  }

  /** `known` are the situations in which post has been killed. */
  async function explorePost(pair: Pair, main: number, known: Set<string>): Promise<Outcome> {
    const outcome = await playCase({ ...pair, main, post: 0 })
    if (known.has(outcome.situation)) return outcome
    known.add(outcome.situation)
    for (let post = outcome.postEffects.length; post > 0; post -= 1) {
      later.push(() => playCase({ ...pair, main, post }))
    }
    return outcome
  }
}

/**
 * Explores an even sample until the time is up: visits the pairs in turn, in an order that depends on the seed, and
 * plays a few cases of each. The same seed gives the same order of cases.
 */
export async function exploreSome(
  pairs: readonly Pair[],
  playCase: PlayCase,
  workers: number,
  isTime: () => boolean,
  seed: number,
): Promise<void> {
  const random = createRandom(seed)
  const order = pairs
    .map((pair) => ({ pair, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ pair }) => pair)
  const counts = new Map<string, number>()
  let visits = 0
  await runInLanes(workers, async () => {
    while (!isTime()) {
      const pair = order[visits % order.length]
      visits += 1
      if (pair === undefined) return
      await visit(pair, random(), random())
    }
  })

  /** `share` is where to kill main within each part of its effects, from 0 to 1, `postShare` the same for post. */
  async function visit(pair: Pair, share: number, postShare: number): Promise<void> {
    const name = namePair(pair)
    const count =
      counts.get(name) ?? (await playCase({ ...pair, main: 0, post: 0 })).mainEffects.length
    counts.set(name, count)
    for (let index = 0; index < KILLS_A_VISIT && !isTime(); index += 1) {
      const main = 1 + Math.floor(((index + share) / KILLS_A_VISIT) * count)
      const { postEffects } = await playCase({ ...pair, main, post: 0 })
      if (isTime() || index !== visits % KILLS_A_VISIT || postEffects.length === 0) continue
      await playCase({ ...pair, main, post: 1 + Math.floor(postShare * postEffects.length) })
    }
  }
}

async function runInLanes(lanes: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: lanes }, work))
}

/** Creates a seeded generator of numbers from 0 to below 1 (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
