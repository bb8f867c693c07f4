import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'

/** @import { Case, FakeGitHub, Workflow, WorkflowRun } from './types.ts' */

/*
 * Runs the steps of release.yml, as they stand there, in a copy of this repository and against a stand-in for
 * `gh`: as it should be, and with each thing wrong that must stop them. Other actions (attestations, artifacts)
 * are stood in for. What .ci/run does in steps of its own is left out.
 */

const ROOT = join(import.meta.dirname, '..', '..')
const RUN_ELSEWHERE = ['npm ci', '.ci/check-dist.sh']
/** @type {{ version: string }} */
const { version: VERSION } = JSON.parse(read('package.json'))
const TAG = `v${VERSION}`
const MAJOR = `v${VERSION.split('.')[0]}`
const OLD = '0'.repeat(40)
const AUTHOR = ['-c', 'user.name=ci', '-c', 'user.email=ci@localhost']
const [, NOTES = ''] = read('CHANGELOG.md').split(/^## .+/m)

/** @type {WorkflowRun} */
const PASSED = { workflowName: 'CI', status: 'completed', conclusion: 'success' }
const FAILED = { ...PASSED, conclusion: 'failure' }
const QUEUED = { ...PASSED, status: 'queued', conclusion: '' }
const CODEQL = { workflowName: 'CodeQL' }

/** @type {FakeGitHub} */
const GITHUB = {
  releases: [],
  tags: { [MAJOR]: OLD, [`${MAJOR}0.0.0`]: OLD },
  runs: [{ ...QUEUED, workflowName: 'Release' }, PASSED, FAILED],
  immutable: true,
}

/** @type {Case[]} What the log must say, unless all steps must succeed. */
const RELEASES = [
  ['a release', undefined, {}],
  ['the first release of a major version', undefined, { github: { tags: {} } }],
  ['a version with a v', 'is not a version', { version: TAG }],
  ['a version with a command', 'is not a version', { version: '$(touch harm)' }],
  ['another version', `package.json has version ${VERSION}`, { version: '99.0.0' }],
  ['another branch', 'Only main', { ref: 'refs/heads/fix' }],
  ['this version again', `${TAG} is released`, { github: { tags: { [TAG]: OLD } } }],
  ['a lower version', '999.0 is released', { github: { tags: { [`${MAJOR}.999.0`]: OLD } } }],
  ['another section', 'first section', changelog('## 0.0.1\n\nOld.\n')],
  ['an empty section', 'nothing', changelog(`## ${VERSION}\n\n## 0.0.1\n`)],
  ['no checks', 'CI has not run', runs({ ...PASSED, ...CODEQL })],
  ['a failed check', 'CodeQL (failure)', runs({ ...FAILED, ...CODEQL }, PASSED)],
  ['an unfinished check', 'CodeQL (queued)', runs({ ...QUEUED, ...CODEQL }, PASSED)],
  ['a queued rerun of the gate', 'CI (queued)', runs(QUEUED, PASSED)],
  ['a file that no runner needs', 'README.md', attributes('/README.md -export-ignore')],
  ['an action that is left out', 'correct .gitattributes', attributes('/prune export-ignore')],
  ['a mutable release', 'is not immutable', { github: { immutable: false } }],
]

const scratch = mkdtempSync(join(tmpdir(), 'release-'))
const folder = join(scratch, 'repository')
try {
  mkdirSync(join(scratch, 'bin'))
  symlinkSync(join(import.meta.dirname, 'fake-gh.js'), join(scratch, 'bin', 'gh'))
  const copy = 'source .ci/tools.sh && copy_repository "$0" && git -C "$0" tag base'
  execFileSync('bash', ['-e', '-c', copy, folder], { cwd: ROOT })
  for (const each of RELEASES) tryRelease(each)
  console.log(`The release and ${RELEASES.length} variations end as they should`)
} finally {
  rmSync(scratch, { recursive: true })
}

/** @param {Case} expected */
function tryRelease([name, stops, { version = VERSION, ref = 'refs/heads/main', github, file }]) {
  git(folder, 'reset', '--hard', '--quiet', 'base')
  git(folder, 'clean', '-ffdxq')
  if (file !== undefined) {
    writeFileSync(join(folder, file.name), file.text)
    git(folder, ...AUTHOR, 'commit', '--all', '--quiet', '--message', name)
  }
  const commit = git(folder, 'rev-parse', 'HEAD')
  const before = { ...GITHUB, ...github }
  const bundle = join(folder, 'LICENSE')
  const expressions = { 'inputs.version': version, 'steps.attest.outputs.bundle-path': bundle }
  const env = { GITHUB_REF: ref, GITHUB_SHA: commit }
  const { failed, log, after } = runSteps(before, expressions, env)
  const title = `junction-management-key-${VERSION}`
  const assets = [`${title}.intoto.jsonl`, `${title}.tar.gz`]
  const released = [[{ tag: TAG, assets, notes: NOTES.trim() }], commit, commit]
  const found = [after.releases, after.tags[TAG], after.tags[MAJOR]]
  const isLeft = after.tags[MAJOR] === before.tags[MAJOR] && !existsSync(join(folder, 'harm'))
  const fits =
    stops === undefined
      ? !failed && isDeepStrictEqual(found, released)
      : failed && log.includes(stops) && isLeft
  if (!fits) throw new Error(`Not as expected: ${name}\n${log}\n${JSON.stringify(after)}`)
}

/**
 * @param {FakeGitHub} before
 * @param {Record<string, string>} expressions What they evaluate to.
 * @param {Record<string, string>} env
 * @returns {{ failed: boolean, log: string, after: FakeGitHub }}
 */
function runSteps(before, expressions, env) {
  /** @type {Workflow} */
  const { jobs } = parse(read('.github/workflows/release.yml'))
  const state = join(scratch, 'github.json')
  writeFileSync(state, JSON.stringify(before))
  /** @param {string} text */
  const evaluate = (text) =>
    text.replace(/\$\{\{ (.+?) \}\}/g, (_, expression) => {
      const value = expression === 'github.token' ? 'fake-token' : expressions[expression]
      if (value === undefined) throw new Error(`The dry run does not know ${expression}`)
      return value
    })
  let log = ''
  let failed = false
  for (const step of Object.values(jobs).flatMap((job) => job.steps)) {
    if (failed || step.run === undefined || RUN_ELSEWHERE.includes(step.run)) continue
    const set = Object.entries(step.env ?? {}).map(([name, text]) => [name, evaluate(text)])
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', step.run], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${join(scratch, 'bin')}:${process.env['PATH']}`,
        FAKE_GITHUB: state,
        GITHUB_REPOSITORY: 'octo-org/example',
        ...env,
        ...Object.fromEntries(set),
      },
    })
    log += `${step.name}: ${stdout}${stderr}`
    failed = status !== 0
  }
  return { failed, log, after: JSON.parse(readFileSync(state, 'utf8')) }
}

/** @param {string} sections */
function changelog(sections) {
  return { file: { name: 'CHANGELOG.md', text: `# Changelog\n\n${sections}` } }
}

/** @param {string} line */
function attributes(line) {
  return { file: { name: '.gitattributes', text: `${read('.gitattributes')}${line}\n` } }
}

/** @param {...WorkflowRun} runs */
function runs(...runs) {
  return { github: { runs } }
}

/** @param {string} file */
function read(file) {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** @param {string} folder @param {...string} args */
function git(folder, ...args) {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 }).trim()
}
