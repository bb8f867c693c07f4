import { namePair } from './cases.js'

/** @import { Pair, PlayCase } from './types.ts' */

/** How many kills of main each visit to a pair tries. */
const KILLS_A_VISIT = 3

/**
 * Explores pairs completely: each kill of main, and for each new situation after it, each kill of post, which depends
 * on nothing else.
 *
 * @param {readonly Pair[]} pairs
 * @param {PlayCase} playCase
 * @param {number} workers How many cases to play in parallel.
 * @param {() => boolean} isTime Whether to stop.
 * @returns {Promise<void>}
 */
export async function exploreAll(pairs, playCase, workers, isTime) {
  /** @type {(() => Promise<void>)[]} */
  const tasks = pairs.map((pair) => () => explorePair(pair))
  /** Kills of post, after everything else. @type {(() => Promise<void>)[]} */
  const later = []
  /** @type {Set<Promise<void>>} */
  const busy = new Set()
  const lanes = Array.from({ length: workers }, async () => {
    // A lane without a task waits, because another lane may add some.
    while (!isTime()) {
      const task = tasks.pop() ?? later.pop()
      if (task !== undefined) await run(task)
      else if (busy.size === 0) return
      else await Promise.race(busy)
    }
  })
  await Promise.all(lanes)

  /** @param {() => Promise<void>} task */
  async function run(task) {
    const work = task()
    busy.add(work)
    try {
      await work
    } finally {
      busy.delete(work)
    }
  }

  /** @param {Pair} pair */
  async function explorePair(pair) {
    /** @type {Set<string>} */
    const known = new Set()
    const count = await explorePost(pair, 0, known)
    for (let main = count; main > 0; main -= 1) {
      tasks.push(async () => {
        await explorePost(pair, main, known)
      })
    }
  }

  /**
   * @param {Pair} pair
   * @param {number} main
   * @param {Set<string>} known Situations that post has been killed in.
   */
  async function explorePost(pair, main, known) {
    const { mainEffects, postEffects, situation } = await playCase({ ...pair, main, post: 0 })
    if (!known.has(situation)) {
      known.add(situation)
      for (let post = postEffects.length; post > 0; post -= 1) {
        later.push(async () => {
          await playCase({ ...pair, main, post })
        })
      }
    }
    return mainEffects.length
  }
}

/**
 * Explores an even sample until the time is up: visits the pairs in turn, in an order that depends on the seed, and
 * plays a few cases of each. The same seed gives the same order of cases.
 *
 * @param {readonly Pair[]} pairs
 * @param {PlayCase} playCase
 * @param {number} workers
 * @param {() => boolean} isTime
 * @param {number} seed
 * @returns {Promise<void>}
 */
export async function exploreSome(pairs, playCase, workers, isTime, seed) {
  const random = createRandom(seed)
  const order = pairs
    .map((pair) => ({ pair, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ pair }) => pair)
  /** @type {Map<string, number>} */
  const counts = new Map()
  let visits = 0
  const lanes = Array.from({ length: workers }, async () => {
    while (!isTime()) {
      const pair = order[visits % order.length]
      visits += 1
      if (pair === undefined) return
      await visit(pair, random(), random())
    }
  })
  await Promise.all(lanes)

  /**
   * @param {Pair} pair
   * @param {number} share Where to kill main within each part of its effects, 0 to 1.
   * @param {number} postShare The same for post.
   */
  async function visit(pair, share, postShare) {
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

/**
 * Creates a seeded generator of numbers from 0 to below 1 (mulberry32).
 *
 * @param {number} seed
 */
function createRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
