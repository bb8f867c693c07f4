import type { Clock } from '../core/clock.js'
import { ActionError, CancelledError, explainError } from '../core/errors.js'
import { isFiniteNumber, isRecord, parseJson } from '../core/json.js'
import { describeSecret, type SecretTarget } from '../core/secret-target.js'
import { isSameId } from '../junction/responses.js'
import type { ProcessIdentity } from '../runner/processes.js'
import type { RunContext, Runner } from '../runner/runner.js'
import { decodeRecord, encodeRecord, type Phase, type TransactionRecord } from './record.js'

/** The place where the steps of a job leave notes for each other, and this step in it. */
export interface JournalPorts
  extends Pick<RunContext, 'job' | 'action' | 'process' | 'startedAt'>,
    Pick<Runner, 'addNote' | 'replaceNote' | 'readNotes' | 'observe' | 'signal'> {
  readonly warning: (message: string) => void
  readonly clock: Pick<Clock, 'uptime' | 'sleep'>
}

/** What one process of this job says of its transaction. */
interface Entry {
  /** Its ticket: processes take turns in this order. */
  readonly number: number
  readonly action: string
  readonly process: ProcessIdentity
  /** In milliseconds since this machine started. */
  readonly writtenAt: number
  /** `undefined` for a post step. */
  readonly record: TransactionRecord | undefined
}

/** The entry of a main step. */
type MainEntry = Entry & { readonly record: TransactionRecord }

/** What a step of this action is told by, beside `GITHUB_ACTION`, which the steps of a composite action share. */
export type Step = Pick<TransactionRecord, 'orgId' | 'request'>

/** A step in one of these may still create or deliver its key. */
const OPEN_PHASES: ReadonlySet<Phase> = new Set(['planned', 'intent', 'created'])

const POLL_MS = 100

/** More than all attempts to create a key take at the usual timeout, in milliseconds. */
const LONGEST_TURN_MS = 11 * 60_000

/** What a runner gives a process between SIGINT and SIGKILL, less what it takes to end, in milliseconds. */
const PATIENCE_MS = 8_000

/** What it takes to end after SIGKILL. */
const DEATH_MS = 2_000

/** The longest wait for a process that cannot be seen, in milliseconds. */
const LONGEST_WATCH_MS = 120_000

/**
 * The journal of the job. Steps can run side by side, so each notes what it asks for, creates and delivers, and those
 * that ask for the same take turns: none mistakes another's key for its own. Never contains a key's value.
 */
export class Journal {
  readonly #ports: JournalPorts
  #number: number | undefined
  /** That of a post step's own main process. */
  #own: MainEntry | undefined

  constructor(ports: JournalPorts) {
    this.#ports = ports
  }

  /** Notes how far this step came. A note that cannot be written is a warning, once: what was done still counts. */
  write(record: TransactionRecord): void {
    this.#note(encodeRecord(record))
  }

  /**
   * Takes a ticket, and waits until every step with a lower one that asks for the same key has its ID, or is gone.
   * What appears between two lists of keys is then this step's, or that of a dead one. Throws an `ActionError` when
   * another step does not end.
   */
  async takeTurn(record: TransactionRecord): Promise<void> {
    const { clock } = this.#ports
    this.write(record)
    const until = clock.uptime() + LONGEST_TURN_MS
    while (this.#readMains().some((one) => this.#isAhead(one, record))) {
      if (clock.uptime() > until) {
        throw new ActionError(
          `Another step of this job has been creating a key with the label "${record.request.label}" and the same teams for 11 minutes. Nothing was created. Give the steps different labels, or run them one after the other`,
        )
      }
      await clock.sleep(POLL_MS)
    }
  }

  /**
   * Throws a `CancelledError` once a post step of this job has begun: the runner takes this step for ended, and nobody
   * would clean up after it.
   */
  refuseAfterPost(): void {
    const { startedAt } = this.#ports
    const hasBegun = this.#read().some(
      ({ record, writtenAt }) => record === undefined && writtenAt >= startedAt,
    )
    if (hasBegun) throw new CancelledError('The job has ended. No key was created')
  }

  /**
   * Whether a key that matches a request is another step's, and no previous one: of a step that still runs, or wrote
   * since this one started; or left behind by one that is gone, whose post step revokes it.
   */
  isOfSibling(keyId: string, request: Step): boolean {
    const { startedAt, observe } = this.#ports
    const all = this.#readMains().filter(
      ({ number, record }) => number !== this.#number && isSameRequest(record, request),
    )
    const creator = all.find(({ record }) => isKeyOf(record, keyId))
    if (creator !== undefined) {
      const { writtenAt, process } = creator
      return writtenAt >= startedAt || observe(process) !== 'ended'
    }
    return all.some(({ record }) => {
      const hasStrays = record.ownsLabel && (record.phase === 'intent' || record.mayExist)
      return hasStrays && !record.knownIds.some((known) => isSameId(known, keyId))
    })
  }

  /** The IDs of all keys that other steps have created. */
  listKeys(): readonly string[] {
    return this.#readMains().flatMap(({ number, record }) =>
      number === this.#number ? [] : (record.keyId ?? []),
    )
  }

  /**
   * Begins a post step: a main step of this job that still runs is one that the runner takes for ended, such as in a job
   * container, where its signals do not arrive. Ends it as the runner would have. `main` is the step's own, as its state
   * names it. One that cannot be seen must have noted nothing for `quietMs`.
   * Returns whether the step's own had not ended.
   */
  async endMains(main: ProcessIdentity | undefined, quietMs: number): Promise<boolean> {
    const wasRunning = main !== undefined && this.#ports.observe(main) !== 'ended'
    this.#note('')
    const noted = this.#readMains().map(({ process }) => process)
    const mains = main === undefined ? noted : [...noted, main]
    await Promise.all(mains.map((process) => this.#end(process, quietMs)))
    return wasRunning
  }

  /**
   * What a step's own main process has noted last. One whose state is lost is found by its action and by what it asked
   * for, as far as the inputs of the post step say it.
   */
  findOwn(
    main: ProcessIdentity | undefined,
    step: Step | undefined,
  ): TransactionRecord | undefined {
    const isOwn = ({ action, process, record }: MainEntry) =>
      main === undefined
        ? action === this.#ports.action && (step === undefined || isSameRequest(record, step))
        : isSameProcess(process, main)
    this.#own = this.#readMains().findLast(isOwn)
    return this.#own?.record
  }

  /** Whether a step that wrote after this one's own main process certainly has its key in the same secret. */
  isOverwritten(secret: SecretTarget): boolean {
    const own = this.#own
    const holds = ({ record }: MainEntry) =>
      record.phase !== 'done' &&
      record.secrets.some(
        (other) =>
          (other.status === 'created' || other.status === 'updated') && isSameSecret(other, secret),
      )
    return (
      own !== undefined &&
      this.#readMains().some(
        (one) => one.number !== own.number && one.writtenAt >= own.writtenAt && holds(one),
      )
    )
  }

  #isAhead({ number, process, record, writtenAt }: MainEntry, own: TransactionRecord): boolean {
    const isOpen = record.phase === 'planned' || record.phase === 'intent'
    if (number >= (this.#number ?? 0) || !isOpen || !isSameRequest(record, own)) return false
    const { clock, observe } = this.#ports
    // Without start times, an ended process may have had the ID that this one has.
    if (isSameProcess(process, this.#ports.process)) return false
    const state = observe(process)
    if (state !== 'unseen') return state === 'running'
    return clock.uptime() - writtenAt < LONGEST_WATCH_MS
  }

  async #end(process: ProcessIdentity, quietMs: number): Promise<void> {
    const { observe, signal } = this.#ports
    if (observe(process) === 'running') {
      signal(process, 'SIGINT')
      if (await this.#isGone(process, PATIENCE_MS)) return
      signal(process, 'SIGKILL')
      if (await this.#isGone(process, DEATH_MS)) return
    }
    // It cannot be seen, or belongs to another user.
    if (observe(process) !== 'ended') await this.#watch(process, quietMs)
  }

  /** Waits until a process has noted nothing for some time, or has nothing left to do. */
  async #watch(process: ProcessIdentity, quietMs: number): Promise<void> {
    const { clock } = this.#ports
    const began = clock.uptime()
    for (let since = began; ; await clock.sleep(POLL_MS)) {
      const entry = this.#readMains().findLast((one) => isSameProcess(one.process, process))
      if (entry === undefined || !OPEN_PHASES.has(entry.record.phase)) return
      since = Math.max(since, entry.writtenAt)
      const now = clock.uptime()
      if (now - since >= quietMs || now - began >= LONGEST_WATCH_MS) return
    }
  }

  async #isGone(process: ProcessIdentity, patienceMs: number): Promise<boolean> {
    const { observe, clock } = this.#ports
    for (let waited = 0; waited < patienceMs; waited += POLL_MS) {
      if (observe(process) === 'ended') return true
      await clock.sleep(POLL_MS)
    }
    return false
  }

  #note(record: string): void {
    const { job, action, process, clock, addNote, replaceNote, warning } = this.#ports
    const note = JSON.stringify({ job, action, process, writtenAt: clock.uptime(), record })
    try {
      if (this.#number === undefined) this.#number = addNote(note)
      else if (this.#number > 0) replaceNote(this.#number, note)
    } catch (error) {
      // Warn once.
      this.#number = 0
      warning(
        `The steps of this job cannot tell each other which keys they create: ${explainError(error)}. Do not run steps with the same label and teams in parallel`,
      )
    }
  }

  #readMains(): readonly MainEntry[] {
    return this.#read().flatMap((one) => {
      const { record } = one
      return record === undefined ? [] : [{ ...one, record }]
    })
  }

  #read(): readonly Entry[] {
    const { job, readNotes } = this.#ports
    return readNotes().flatMap(({ number, text }) => decodeEntry(number, text, job) ?? [])
  }
}

/** GitHub ignores the case of places and names. */
function isSameSecret(one: SecretTarget, other: SecretTarget): boolean {
  return describeSecret(one).toLowerCase() === describeSecret(other).toLowerCase()
}

function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return (
    one.pid === other.pid && one.startTime === other.startTime && one.namespace === other.namespace
  )
}

function isKeyOf({ keyId }: TransactionRecord, id: string): boolean {
  return keyId !== undefined && isSameId(keyId, id)
}

function isSameRequest(one: Step, other: Step): boolean {
  const identify = ({ orgId, request }: Step) =>
    JSON.stringify([orgId, request.label, [...request.teamIds].sort()])
  return identify(one) === identify(other)
}

function decodeEntry(number: number, text: string, job: string): Entry | undefined {
  const value = parseJson(text)
  if (!isRecord(value) || value['job'] !== job) return undefined
  const { action, writtenAt, record: saved } = value
  const process = decodeProcess(value['process'])
  if (typeof action !== 'string' || process === undefined) return undefined
  if (!isFiniteNumber(writtenAt) || typeof saved !== 'string') return undefined
  const record = saved === '' ? undefined : decodeRecord(saved)
  if (saved !== '' && record === undefined) return undefined
  return { number, action, process, writtenAt, record }
}

/** Reads a process from parsed JSON; `undefined` when it is none. */
export function decodeProcess(value: unknown): ProcessIdentity | undefined {
  if (!isRecord(value)) return undefined
  const { pid, startTime, namespace } = value
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (typeof startTime !== 'string' || typeof namespace !== 'string') return undefined
  return { pid, startTime, namespace }
}
