import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for something another process brings about; gives up, saying what it was, after a while. */
export async function waitUntil(what: string, holds: () => boolean): Promise<void> {
  const limit = Date.now() + 15_000
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`Never happened: ${what}`)
    await sleep(5)
  }
}
