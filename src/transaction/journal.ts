import type { Clock } from '../core/clock.js'
import { ActionError, CancelledError, explainError } from '../core/errors.js'
import { hasShape, isFiniteNumber, isString, parseJson, type Shape } from '../core/json.js'
import { describeSecret, type SecretTarget } from '../core/secret-target.js'
import { isSameId } from '../junction/responses.js'
import { isProcess, isSameProcess, type ProcessIdentity } from '../runner/processes.js'
import type { RunContext, Runner } from '../runner/runner.js'
import {
  isTransactionRecord,
  type Phase,
  type SecretRecord,
  type TransactionRecord,
} from './record.js'

/** The place where the steps of a job leave notes for each other, and this step in it. */
export interface JournalPorts
  extends Pick<Runner, 'addNote' | 'replaceNote' | 'readNotes' | 'observe' | 'signal'> {
  readonly context: Pick<RunContext, 'job' | 'action' | 'process' | 'startedAt'>
  readonly clock: Pick<Clock, 'uptime' | 'sleep'>
  readonly warning: (message: string) => void
}

/** What one process of a job says of its transaction. */
interface Note {
  readonly job: string
  readonly action: string
  readonly process: ProcessIdentity
  /** In milliseconds since this machine started. */
  readonly writtenAt: number
  /** A post step notes only that it has begun. */
  readonly record: TransactionRecord | 'post'
}

interface Entry extends Note {
  /** Its ticket: processes take turns in this order. */
  readonly number: number
}

type MainEntry = Entry & { readonly record: TransactionRecord }

/** What a step of this action is told by, beside `GITHUB_ACTION`, which the steps of a composite action share. */
type StepRequest = Pick<TransactionRecord, 'orgId' | 'request'>

/** A step in one of these may still deliver its key. One that has no intent yet sees the note of a post step in time. */
const OPEN_PHASES: ReadonlySet<Phase> = new Set(['intent', 'created'])

const POLL_MS = 100

/** More than all attempts to create a key take at the usual timeout, in milliseconds. */
const LONGEST_TURN_MS = 11 * 60_000

/** How long to wait after each signal, in milliseconds; a runner gives a process 10 s before the second. */
const ENDINGS = [
  ['SIGINT', 8_000],
  ['SIGKILL', 2_000],
] as const

/** The longest wait for a process that cannot be seen, in milliseconds. */
const LONGEST_WATCH_MS = 120_000

/**
 * The journal of the job. Steps can run side by side, so each notes what it asks for, creates and delivers, and those
 * that ask for the same take turns: none mistakes another's key for its own. Never contains a key's value.
 */
export class Journal {
  readonly #ports: JournalPorts
  /** This step's ticket; `undefined` before its first note, 0 once notes cannot be written. */
  #number: number | undefined
  /** The last note of a post step's own main process. */
  #own: MainEntry | undefined

  constructor(ports: JournalPorts) {
    this.#ports = ports
  }

  /** Notes how far this step came. A note that cannot be written is a warning, once: what was done still counts. */
  write(record: Note['record']): void {
    const { context, clock, addNote, replaceNote, warning } = this.#ports
    const { job, action, process } = context
    const note: Note = { job, action, process, writtenAt: clock.uptime(), record }
    const text = JSON.stringify(note)
    try {
      if (this.#number === undefined) this.#number = addNote(text)
      else if (this.#number > 0) replaceNote(this.#number, text)
    } catch (error) {
      this.#number = 0
      warning(
        `The steps of this job cannot tell each other which keys they create: ${explainError(error)}. Do not run steps with the same label and teams in parallel`,
      )
    }
  }

  /**
   * Takes a ticket, and waits until every step with a lower one that asks for the same key has its ID, or is gone.
   * What appears between two lists of keys is then this step's, or that of a dead one. Throws an `ActionError` when
   * another step does not end.
   */
  async takeTurn(record: TransactionRecord): Promise<void> {
    this.write(record)
    const mustWait = () => this.#readMains().some((one) => this.#isAhead(one, record))
    if (await this.#wait(mustWait, LONGEST_TURN_MS)) return
    throw new ActionError(
      `Another step of this job has been creating a key with the label "${record.request.label}" and the same teams for 11 minutes. Nothing was created. Give the steps different labels, or run them one after the other`,
    )
  }

  /**
   * Throws a `CancelledError` once a post step of this job has begun: the runner takes this step for ended, and nobody
   * would clean up after it.
   */
  refuseAfterPost(): void {
    const { startedAt } = this.#ports.context
    const isPost = ({ record, writtenAt }: Entry) => record === 'post' && writtenAt >= startedAt
    if (this.#read().some(isPost)) throw new CancelledError('The job has ended')
  }

  /**
   * Whether a key that matches a request is another step's, and no previous one: of a step that still runs, or wrote
   * since this one started; or left behind by one that is gone, whose post step revokes it.
   */
  isOfSibling(keyId: string, request: StepRequest): boolean {
    const { context, observe } = this.#ports
    const all = this.#readOthers().filter(({ record }) => isSameRequest(record, request))
    const creator = all.find(({ record }) => isSameId(record.keyId ?? '', keyId))
    if (creator !== undefined) {
      return creator.writtenAt >= context.startedAt || observe(creator.process) !== 'ended'
    }
    return all.some(({ record }) => {
      const hasStrays = record.ownsLabel && (record.phase === 'intent' || record.mayExist)
      return hasStrays && !record.knownIds.some((known) => isSameId(known, keyId))
    })
  }

  /** The IDs of all keys that other steps have created. */
  listKeys(): readonly string[] {
    return this.#readOthers().flatMap(({ record }) => record.keyId ?? [])
  }

  /**
   * Begins a post step: a main step that still runs is one that the runner takes for ended, such as in a job container,
   * where its signals do not arrive. Ends it as the runner would have. `main` is the step's own, as its state names it.
   * One that cannot be seen must have noted nothing for `quietMs`. Returns whether the step's own had not ended.
   */
  async endMains(main: ProcessIdentity | undefined, quietMs: number): Promise<boolean> {
    const wasRunning = main !== undefined && this.#ports.observe(main) !== 'ended'
    this.write('post')
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
    step: StepRequest | undefined,
  ): TransactionRecord | undefined {
    const isOwn = ({ action, process, record }: MainEntry) =>
      main === undefined
        ? action === this.#ports.context.action &&
          (step === undefined || isSameRequest(record, step))
        : isSameProcess(process, main)
    this.#own = this.#readMains().findLast(isOwn)
    return this.#own?.record
  }

  get isWritable(): boolean {
    return (this.#number ?? 0) > 0
  }

  /** Whether a step of this job has revoked a key, as a previous one. */
  isReplaced(keyId: string): boolean {
    return this.#readMains().some(({ record }) =>
      record.replacedIds.some((id) => isSameId(id, keyId)),
    )
  }

  /** How long this step's own main process has noted nothing, in milliseconds; 0 when it left no note. */
  get quietMs(): number {
    const now = this.#ports.clock.uptime()
    return now - (this.#own?.writtenAt ?? now)
  }

  /** Whether a step that wrote after this one's own main process certainly has its key in the same secret. */
  isOverwritten(secret: SecretTarget): boolean {
    const own = this.#own
    if (own === undefined) return false
    // GitHub ignores the case of places and names.
    const name = describeSecret(secret).toLowerCase()
    const hasKey = (one: SecretRecord) =>
      ['created', 'updated'].includes(one.status) && describeSecret(one).toLowerCase() === name
    return this.#readMains().some(
      ({ number, writtenAt, record }) =>
        number !== own.number &&
        writtenAt >= own.writtenAt &&
        record.phase !== 'done' &&
        record.secrets.some(hasKey),
    )
  }

  #isAhead({ number, process, record, writtenAt }: MainEntry, own: TransactionRecord): boolean {
    const isAsking = record.phase === 'planned' || record.phase === 'intent'
    if (number >= (this.#number ?? 0) || !isAsking || !isSameRequest(record, own)) return false
    const { context, clock, observe } = this.#ports
    // Without start times, an ended process may have had the ID that this one has.
    if (isSameProcess(process, context.process)) return false
    const state = observe(process)
    if (state !== 'unseen') return state === 'running'
    return clock.uptime() - writtenAt < LONGEST_WATCH_MS
  }

  async #end(process: ProcessIdentity, quietMs: number): Promise<void> {
    const { clock, observe, signal } = this.#ports
    const isRunning = () => observe(process) === 'running'
    for (const [name, patienceMs] of ENDINGS) {
      if (isRunning()) signal(process, name)
      await this.#wait(isRunning, patienceMs)
    }
    if (observe(process) === 'ended') return
    // It cannot be seen, or belongs to another user: wait until it notes nothing more, or has nothing left to do.
    const began = clock.uptime()
    const isBusy = () => {
      const entry = this.#readMains().findLast((one) => isSameProcess(one.process, process))
      if (entry === undefined || !OPEN_PHASES.has(entry.record.phase)) return false
      return clock.uptime() - Math.max(began, entry.writtenAt) < quietMs
    }
    await this.#wait(isBusy, LONGEST_WATCH_MS)
  }

  /** Waits while something holds, so long at most. Returns whether that is over. */
  async #wait(holds: () => boolean, ms: number): Promise<boolean> {
    const { clock } = this.#ports
    const until = clock.uptime() + ms
    while (holds()) {
      if (clock.uptime() >= until) return false
      await clock.sleep(POLL_MS)
    }
    return true
  }

  #readMains(): readonly MainEntry[] {
    return this.#read().filter((one): one is MainEntry => one.record !== 'post')
  }

  #readOthers(): readonly MainEntry[] {
    return this.#readMains().filter(({ number }) => number !== this.#number)
  }

  #read(): readonly Entry[] {
    const { readNotes, context } = this.#ports
    return readNotes().flatMap(({ number, text }) => {
      const note = parseJson(text)
      return hasShape(note, NOTE) && note.job === context.job ? [{ ...note, number }] : []
    })
  }
}

function isSameRequest(one: StepRequest, other: StepRequest): boolean {
  const identify = ({ orgId, request }: StepRequest) =>
    JSON.stringify([orgId, request.label, [...request.teamIds].sort()])
  return identify(one) === identify(other)
}

const NOTE: Shape<Note> = {
  job: isString,
  action: isString,
  process: isProcess,
  writtenAt: isFiniteNumber,
  record: (value) => value === 'post' || isTransactionRecord(value),
}
