import type { Clock } from '../../src/core/clock.js'
import type { Exchange, HttpRequest, HttpResponse } from '../../src/http/exchange.js'
import type { ManagementApi, MatchingKeys } from '../../src/junction/client.js'
import type { ManagementKey } from '../../src/junction/responses.js'
import type { ProcessIdentity, ProcessState } from '../../src/runner/processes.js'
import { Journal, type JournalPorts } from '../../src/transaction/journal.js'
import type { TransactionRecord } from '../../src/transaction/record.js'

/** When every fake clock starts: a whole second, so that dates are easy to read. */
export const START = Date.parse('2026-01-02T03:04:00Z')

/** What the machine of every fake clock has been running for at `START`, in milliseconds. */
export const UPTIME = 60_000

/** A clock that advances only during `sleep`. */
interface FakeClock extends Clock {
  /** Every pause so far, in milliseconds. */
  readonly slept: readonly number[]
}

/** `random` is the clock's constant random number; `onSleep` gets every pause and may throw. */
export function createFakeClock(
  random = 0,
  onSleep: (milliseconds: number) => void = () => undefined,
): FakeClock {
  const slept: number[] = []
  let now = START
  return {
    slept,
    now: () => now,
    uptime: () => now - START + UPTIME,
    sleep: async (milliseconds) => {
      slept.push(milliseconds)
      now += milliseconds
      onSleep(milliseconds)
    },
    random: () => random,
  }
}

/** How a fake exchange handles one request: a response or an error. */
export type FakeReply = Error | (Partial<Omit<HttpResponse, 'body'>> & { readonly body?: unknown })

export const FAKE_API_URL = 'https://fake.example/management'

/** A request as a test reads it: its path below the base URL, and its parsed query and JSON body. */
interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}

function takeApart({ method, url, body }: HttpRequest): FakeRequest {
  if (!url.startsWith(FAKE_API_URL)) throw new Error(`${url} is not below the base URL`)
  const [path = '', query] = url.slice(FAKE_API_URL.length).split('?')
  return {
    method,
    path,
    ...(query === undefined ? {} : { query: Object.fromEntries(new URLSearchParams(query)) }),
    ...(body === undefined ? {} : { body: JSON.parse(body) }),
  }
}

/** An exchange that returns its replies in order and records the requests. */
export function createFakeExchange(replies: readonly FakeReply[]) {
  const requests: FakeRequest[] = []
  const headers: HttpRequest['headers'][] = []
  const exchange: Exchange = async (request) => {
    const reply = replies[requests.length]
    requests.push(takeApart(request))
    headers.push(request.headers)
    if (reply === undefined) throw new Error(`no reply left for ${request.method} ${request.url}`)
    if (reply instanceof Error) throw reply
    const { status = 200, body = '' } = reply
    return {
      status,
      headers: reply.headers ?? {},
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }
  }
  return { exchange, requests, headers }
}

/** What a client of a service needs, with this exchange and with a secret to hide. */
export function fakeClientPorts(exchange: Exchange) {
  const debugged: string[] = []
  return {
    exchange,
    clock: createFakeClock(),
    debugged,
    debug: (message: string) => debugged.push(message),
    info: () => undefined,
    scrub: (text: string) => text.replaceAll('fake secret', '***'),
  }
}

/** For a port that a test does not need. */
export function notCalled(): never {
  throw new Error('not to be called')
}

/** Ports of which a test says what they do. */
export function fake<Ports extends object>(parts: Partial<Ports>): Ports {
  const ports = parts as Ports
  return new Proxy(ports, { get: (_, name) => Reflect.get(ports, name) ?? notCalled })
}

export const fakeApi = (parts: Partial<ManagementApi>) =>
  fake<ManagementApi>({ prepareCreate: () => undefined, ...parts })

export function fakeKey(id: string, overrides: Partial<ManagementKey> = {}): ManagementKey {
  return {
    id,
    label: 'preview-42',
    role: 'team_admin',
    createdAt: '2026-01-02T03:04:00Z',
    teamIds: ['fake-team'],
    ...overrides,
  }
}

/** The result of a search for keys, at `START` by a service with the same clock. */
export function fakeFinding(overrides: Partial<MatchingKeys> = {}): MatchingKeys {
  return {
    keys: [],
    possible: [],
    serverTime: START,
    receivedAt: START,
    receivedUptime: UPTIME,
    ...overrides,
  }
}

/** A transaction about to begin, at `UPTIME` of the machine. */
export function fakeIntent(overrides: Partial<TransactionRecord> = {}): TransactionRecord {
  return {
    phase: 'intent',
    revision: 1,
    apiUrl: FAKE_API_URL,
    orgId: 'fake-org',
    request: { label: 'preview-42', teamIds: ['fake-team'] },
    revoke: 'never',
    ownsLabel: true,
    began: UPTIME,
    knownIds: [],
    mayExist: false,
    keyId: undefined,
    githubApiUrl: '',
    previousIds: [],
    replacedIds: [],
    secrets: [],
    ...overrides,
  }
}

export function fakeProcess(pid: number): ProcessIdentity {
  return { pid, startTime: `started-${pid}`, namespace: 'fake' }
}

type FakeStep = Partial<Omit<JournalPorts, 'context'> & JournalPorts['context']>

/** What processes leave and do in one job: notes by number, and the states of processes that have not ended. */
export function createFakeJob(states: Readonly<Record<number, ProcessState>> = {}) {
  const notes = new Map<number, string>()
  const clock = createFakeClock()
  const signals: string[] = []
  const warnings: string[] = []
  const openJournal = (pid: number, overrides: FakeStep = {}) => {
    const context = {
      job: 'fake-job',
      action: `action-${pid}`,
      process: fakeProcess(pid),
      startedAt: UPTIME,
      ...overrides,
    }
    const ports: JournalPorts = {
      context,
      clock,
      addNote: (text) => {
        notes.set(notes.size + 1, text)
        return notes.size
      },
      replaceNote: (number, text) => notes.set(number, text),
      readNotes: () => [...notes].map(([number, text]) => ({ number, text })),
      observe: (process) => states[process.pid] ?? 'ended',
      signal: (process, signal) => signals.push(`${signal} ${process.pid}`),
      warning: (message) => warnings.push(message),
      ...overrides,
    }
    return new Journal(ports)
  }
  return { notes, clock, signals, warnings, openJournal }
}

/** Returns what an operation throws; fails when it throws nothing. */
export async function catchError(operation: () => unknown): Promise<unknown> {
  try {
    await operation()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Returns the message of the error that an operation throws. */
export async function catchMessage(operation: () => unknown): Promise<string> {
  const error = await catchError(operation)
  return error instanceof Error ? error.message : String(error)
}
