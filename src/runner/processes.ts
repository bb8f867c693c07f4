import { readFileSync, readlinkSync } from 'node:fs'
import { hasShape, isString, type Shape } from '../core/json.js'

/** A process, told apart from one that has its ID later. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in clock ticks since this machine started; `''` where there is no `/proc`. */
  readonly startTime: string
  /** The PID namespace in which `pid` counts, such as `pid:[4026531836]`; `''` where there is none. */
  readonly namespace: string
}

const PROCESS: Shape<ProcessIdentity> = {
  pid: (pid): pid is number => Number.isSafeInteger(pid) && Number(pid) > 0,
  startTime: isString,
  namespace: isString,
}

export function isProcess(value: unknown): value is ProcessIdentity {
  return hasShape(value, PROCESS)
}

export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return (
    one.pid === other.pid && one.startTime === other.startTime && one.namespace === other.namespace
  )
}

/** What is seen of a process: `unseen` in another PID namespace, as in another container. */
export type ProcessState = 'running' | 'ended' | 'unseen'

export function identifyProcess(): ProcessIdentity {
  const { pid } = process
  return { pid, startTime: readStartTime(pid) ?? '', namespace: readNamespace() }
}

/** Whether exactly this process is running. */
export function observeProcess({ pid, startTime, namespace }: ProcessIdentity): ProcessState {
  if (namespace !== readNamespace()) return 'unseen'
  if (startTime !== '') return readStartTime(pid) === startTime ? 'running' : 'ended'
  return isAlive(pid) ? 'running' : 'ended'
}

/** Sends a signal to a process, unless it is not certain to be exactly this one. */
export function signalProcess(identity: ProcessIdentity, signal: 'SIGINT' | 'SIGKILL'): void {
  if (identity.startTime === '' || observeProcess(identity) !== 'running') return
  try {
    process.kill(identity.pid, signal)
  } catch (error) {
    // It ended just now, or belongs to another user: then it is waited for.
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}

/**
 * Fields 3 and 22 of `/proc/PID/stat` (source: proc_pid_stat(5)); the name before them may contain anything.
 * `undefined` for no process, or one that ended and waits for its parent: in a container, often for ever.
 */
function readStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return /^[ZX]/.test(fields[0] ?? '') ? undefined : fields[19]
  } catch {
    // No such process, or no /proc.
    return undefined
  }
}

function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
