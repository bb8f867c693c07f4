import type { Clock } from '../core/clock.js'
import { isFiniteNumber, isRecord, parseJson } from '../core/json.js'
import { isSameId } from '../junction/responses.js'
import type { RunContext, Runner } from '../runner/runner.js'
import { decodeRecord, encodeRecord, type TransactionRecord } from './record.js'

/** The place where the steps of a job leave notes for each other, and this step in it. */
export interface JournalPorts
  extends Pick<RunContext, 'action' | 'pid' | 'startedAt'>,
    Pick<Runner, 'writeNote' | 'readNotes' | 'isAlive'> {
  readonly clock: Pick<Clock, 'uptime' | 'sleep'>
}

/** What one process says of its transaction. */
interface Entry {
  readonly action: string
  readonly pid: number
  /** In milliseconds since this machine started. */
  readonly writtenAt: number
  /**
   * While a create request is under way: when its time is up, in milliseconds since this machine started.
   * Its response may still bring a key.
   */
  readonly askingUntil: number | undefined
  readonly record: TransactionRecord
}

/** What other steps of the job have to do with the keys that match a request. */
export interface OtherSteps {
  /** Keys that they have created. */
  readonly keyIds: readonly string[]
  /** Whether one of them has created a key, or may have with a request whose response was lost. */
  readonly mayHaveCreated: (keyId: string) => boolean
  /** The records of those that look for keys of their own, because a response was lost. */
  readonly looking: readonly TransactionRecord[]
  /** Whether a create request of one of them is still open, although its time is up. */
  readonly areAsking: boolean
}

/** The transactions of steps that had ended before this process started. */
export type Watch = ReadonlySet<string>

const POLL_MS = 100

/** What a process may take to note that its time is up, in milliseconds. */
const GRACE_MS = 1_000

/** The longest that a note can make this step wait, whatever it says, in milliseconds. */
const LONGEST_WAIT_MS = 11 * 60_000

/**
 * The journal of the job. Steps can run side by side, so what each of them asks for, creates and delivers is
 * noted from the intent on, and none mistakes another's key for its own stray key. Never contains a key's value.
 */
export class Journal {
  readonly #ports: JournalPorts

  constructor(ports: JournalPorts) {
    this.#ports = ports
  }

  /** Notes how far this step came; `askingForMs` is the time limit of the create request that is about to be sent. */
  write(record: TransactionRecord, askingForMs?: number): void {
    const { action, pid, clock, writeNote } = this.#ports
    const writtenAt = clock.uptime()
    const askingUntil = askingForMs === undefined ? undefined : writtenAt + askingForMs
    const note = { action, pid, writtenAt, askingUntil, record: encodeRecord(record) }
    writeNote(JSON.stringify(note))
  }

  /** To be called before a step lists keys that it may revoke later. */
  watch(): Watch {
    const { isAlive, startedAt } = this.#ports
    // A step that has ended by now may have run while this process was still loading.
    const ended = this.#read().filter(
      ({ pid, writtenAt }) => !isAlive(pid) && writtenAt < startedAt,
    )
    return new Set(ended.map(identify))
  }

  /**
   * Waits until no other step has a create request open that could bring one of the keys that match a record's
   * request, as long as such a request may take. To be called after the keys were listed: a key on the list that
   * another step gets is then noted, or its request is still open. A process that is gone is not waited for.
   * With a watch, a step that had ended with a key in use does not count.
   */
  async settle(record: TransactionRecord, watch?: Watch): Promise<OtherSteps> {
    const { clock, isAlive, pid } = this.#ports
    const began = clock.uptime()
    for (;;) {
      const all = this.#read().filter((one) => one.pid !== pid && isSameRequest(one.record, record))
      const others = all.filter((one) => !isEarlier(one, watch))
      const keyIds = others.flatMap((one) => one.record.keyId ?? [])
      const looking = all
        .filter((one) => hasLostResponse(one, isAlive(one.pid)))
        .map((one) => one.record)
      const mayHaveCreated = (id: string) => {
        const creator = all.find((one) => isKeyOf(one, id))
        return creator
          ? !isEarlier(creator, watch)
          : looking.some((one) => one.ownsLabel && isNewTo(one, id))
      }
      const open = others.flatMap((one) =>
        one.askingUntil !== undefined && isAlive(one.pid) ? [one.askingUntil] : [],
      )
      if (open.length === 0) return { keyIds, mayHaveCreated, looking, areAsking: false }
      const now = clock.uptime()
      if (now > Math.min(Math.max(...open) + GRACE_MS, began + LONGEST_WAIT_MS)) {
        return { keyIds, mayHaveCreated, looking, areAsking: true }
      }
      await clock.sleep(POLL_MS)
    }
  }

  /**
   * The record that the main step of this very step has noted, for a post step whose saved state is lost. Waits for
   * a main step that still runs, `patienceMs` at most.
   */
  async findOwn(patienceMs: number): Promise<TransactionRecord | undefined> {
    const { clock, isAlive, pid, action } = this.#ports
    const began = clock.uptime()
    for (;;) {
      const own = this.#read().findLast((one) => one.action === action && one.pid !== pid)
      const isRunning = own !== undefined && isAlive(own.pid)
      if (!isRunning || clock.uptime() - began >= patienceMs) return own?.record
      await clock.sleep(POLL_MS)
    }
  }

  #read(): readonly Entry[] {
    return this.#ports.readNotes().flatMap((text) => decodeEntry(text) ?? [])
  }
}

/** Tells a transaction from all others of the job, although process IDs are reused. */
function identify({ pid, record }: Entry): string {
  return `${pid} ${record.began}`
}

/** Whether a step had ended before this one started, and left a key that is in use. */
function isEarlier(one: Entry, watch: Watch | undefined): boolean {
  const isInUse = one.record.phase === 'delivered' || one.record.phase === 'kept'
  return isInUse && watch?.has(identify(one)) === true
}

function isKeyOf({ record: { keyId } }: Entry, id: string): boolean {
  return keyId !== undefined && isSameId(keyId, id)
}

/** Whether a response was lost, which may have been that of a created key: the process may have ended before it came. */
function hasLostResponse({ askingUntil, record }: Entry, isRunning: boolean): boolean {
  return record.mayExist || (askingUntil !== undefined && !isRunning)
}

function isNewTo({ knownIds }: TransactionRecord, id: string): boolean {
  return !knownIds.some((known) => isSameId(known, id))
}

function isSameRequest(one: TransactionRecord, other: TransactionRecord): boolean {
  const identify = ({ orgId, request }: TransactionRecord) =>
    JSON.stringify([orgId, request.label, [...request.teamIds].sort()])
  return identify(one) === identify(other)
}

function decodeEntry(text: string): Entry | undefined {
  const value = parseJson(text)
  if (!isRecord(value)) return undefined
  const { action, pid, writtenAt, askingUntil } = value
  const record = typeof value['record'] === 'string' ? decodeRecord(value['record']) : undefined
  if (record === undefined || typeof action !== 'string') return undefined
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (!isFiniteNumber(writtenAt)) return undefined
  if (askingUntil !== undefined && !isFiniteNumber(askingUntil)) return undefined
  return { action, pid, writtenAt, askingUntil, record }
}
