import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseFileCommand } from '../../local-runner/step-files.js'

/** The files of a step that a test reads, or breaks, while the step is running. */
export interface StepFiles {
  /** Replaces the runner's own files. */
  readonly overrides: Readonly<Record<'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'RUNNER_TEMP', string>>
  /** Everything saved to state so far, in order. */
  readStates(): readonly (readonly [name: string, value: string])[]
  /** State for the post step. */
  readState(): Record<string, string>
  /** Phases of the transactions saved so far, in order. */
  readPhases(): readonly string[]
  /** Outputs set so far. */
  readOutputs(): Record<string, string>
  /** Replaces a file with a folder, so that writing fails. */
  spoil(file: 'GITHUB_OUTPUT' | 'GITHUB_STATE'): void
}

/** Creates the files, passes them to `play`, and always removes them. */
export async function withStepFiles(play: (files: StepFiles) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'step-files-'))
  const overrides = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STATE: join(folder, 'state'),
    RUNNER_TEMP: join(folder, 'temp'),
  }
  writeFileSync(overrides.GITHUB_OUTPUT, '')
  writeFileSync(overrides.GITHUB_STATE, '')
  mkdirSync(overrides.RUNNER_TEMP)
  const readAll = () => [...parseFileCommand(readFileSync(overrides.GITHUB_STATE, 'utf8'))]
  const readStates = () => readAll().filter(([name]) => name === 'transaction')
  try {
    await play({
      overrides,
      readStates,
      readState: () => Object.fromEntries(readAll()),
      readPhases: () => readStates().map(([, value]) => readPhase(value)),
      readOutputs: () =>
        Object.fromEntries(parseFileCommand(readFileSync(overrides.GITHUB_OUTPUT, 'utf8'))),
      spoil: (file) => {
        rmSync(overrides[file])
        mkdirSync(overrides[file])
      },
    })
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The phase in a saved transaction. */
export function readPhase(state: string): string {
  if (state === '') return 'none'
  const value: unknown = JSON.parse(state)
  return typeof value === 'object' && value !== null && 'phase' in value ? String(value.phase) : ''
}
