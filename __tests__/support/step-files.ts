import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, uptime } from 'node:os'
import { join } from 'node:path'
import { start } from '../../local-runner/run-action.js'
import { parseFileCommand } from '../../local-runner/step-files.js'
import type { RunResult } from '../../local-runner/types.js'
import { fakeIntent } from './fakes.js'
import { countRequests } from './requests.js'
import type { Scenario } from './scenario.js'
import { waitUntil } from './wait-until.js'

/** The files of a step that a test reads, or breaks, while the step is running. */
export type StepFiles = ReturnType<typeof createStepFiles>

/** Adds the files to a scenario, and always removes them. */
export async function withStepFiles(
  scenario: Scenario,
  play: (extended: Scenario & StepFiles) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'step-files-'))
  try {
    await play({ ...scenario, ...createStepFiles(folder) })
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function createStepFiles(folder: string) {
  /** Replaces the runner's own files. */
  const overrides = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STATE: join(folder, 'state'),
    RUNNER_TEMP: join(folder, 'temp'),
  }
  writeFileSync(overrides.GITHUB_OUTPUT, '')
  writeFileSync(overrides.GITHUB_STATE, '')
  mkdirSync(overrides.RUNNER_TEMP)
  const read = (file: string) => parseFileCommand(readFileSync(file, 'utf8'))
  /** Every transaction saved to state so far, in order. */
  const readStates = () =>
    [...read(overrides.GITHUB_STATE)].flatMap(([name, value]) =>
      name === 'transaction' ? [value] : [],
    )
  return {
    overrides,
    readStates,
    readPhases: () => readStates().map(readPhase),
    /** State for the post step. */
    readState: (): Record<string, string> => Object.fromEntries(read(overrides.GITHUB_STATE)),
    readOutputs: (): Record<string, string> => Object.fromEntries(read(overrides.GITHUB_OUTPUT)),
    /** Replaces a file with a folder, so that writing fails. */
    spoil: (file: 'GITHUB_OUTPUT' | 'GITHUB_STATE') => {
      rmSync(overrides[file])
      mkdirSync(overrides[file])
    },
  }
}

/** Runs main with these files, and acts when the first request with the method has arrived but has no response. */
export async function mainDuring(
  { sandbox, describeRun, overrides }: Scenario & StepFiles,
  method: string,
  act: () => void,
  inputs: Record<string, string> = {},
): Promise<RunResult> {
  sandbox.misbehave({ kind: 'delay', method, delayMs: 400 })
  const { finished } = start('main', describeRun(inputs, { overrides, debug: true }))
  await waitUntil(`a ${method} arrives`, () => countRequests(sandbox, method) > 0)
  act()
  return finished
}

/** A record that a later step could write to GITHUB_ENV, as `STATE_transaction`. */
export function forgeRecord({ sandbox }: Scenario, changes: object): string {
  const { managementUrl: apiUrl, orgId, teamIds } = sandbox
  const request = { label: 'preview-42', teamIds: teamIds.slice(0, 1) }
  const created = { phase: 'created', mayExist: true, keyId: 'forged-id', apiUrl, orgId, request }
  return JSON.stringify({ ...fakeIntent(), began: uptime() * 1000, ...created, ...changes })
}

function readPhase(state: string): string {
  if (state === '') return 'none'
  const value: unknown = JSON.parse(state)
  return typeof value === 'object' && value !== null && 'phase' in value ? String(value.phase) : ''
}
