import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition that another process fulfills; fails with its description after a while. */
export async function waitUntil(what: string, holds: () => boolean): Promise<void> {
  const limit = Date.now() + 15_000
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`Never happened: ${what}`)
    await sleep(5)
  }
}
