import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition that another process fulfills; the limit only ends what hangs. */
export async function waitUntil(what: string, holds: () => boolean): Promise<void> {
  const limit = Date.now() + 120_000
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`Never happened: ${what}`)
    await sleep(5)
  }
}
