import { findControlCharacter, joinWords } from '../core/plain-text.js'
import {
  describeDestination,
  describeSecret,
  SECRET_APPS,
  type SecretApp,
  type SecretDestination,
  type SecretTarget,
  VISIBILITIES,
} from '../core/secret-target.js'
import { type Parsed, parseChoice, quoteValue, type ValueParser } from './values.js'

/** Values for what a line omits. */
export interface TargetDefaults {
  /** `owner/name` of the repository the workflow runs in, `''` when unknown. */
  readonly repository: string
  /** Name of the secret on lines without `name=`, `''` when there is none; checked by `parseSecretName`, not here. */
  readonly secretName: string
}

/** GitHub allows about one write per second, and the post step has to be told of every target. */
const MOST_TARGETS = 250

const LONGEST_NAME = 255

/** `name="value"` with a backslash before a quote, or a word without spaces. */
const WORDS = /(\S+?)="((?:\\.|[^"\\])*)"(?=\s|$)|\S+/g

type Pairs = ReadonlyMap<string, string>

interface Pair {
  readonly parse: ValueParser<string>
  /** What is wrong with it, and what to enter instead, where the destination is an organization. */
  readonly withOrg?: string
  /** The same, where it is not. */
  readonly withoutOrg?: string
}

const REPOSITORY = /^[A-Za-z0-9_-]+\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/
const ORGANIZATION = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

/** The pairs of a line. */
const PAIRS: Readonly<Record<string, Pair>> = {
  repo: {
    parse: matching(REPOSITORY, 'is not a repository; enter repo=owner/name'),
    withOrg: 'has both org and repo; enter only one of them',
  },
  env: {
    parse: parseEnvironment,
    withOrg:
      'has both org and env, but an environment belongs to a repository; enter repo=owner/name instead of org',
  },
  org: { parse: matching(ORGANIZATION, 'is not a valid organization name; enter org=name') },
  visibility: {
    parse: parseChoice(VISIBILITIES),
    withoutOrg: 'has visibility, which is valid only with org=…; remove it',
  },
  repos: {
    // Checked with the organization.
    parse: (text) => ({ value: text }),
    withoutOrg: 'has repos, which is valid only with org=…; remove it',
  },
  app: { parse: parseChoice(SECRET_APPS) },
  name: { parse: parseSecretName },
}

/** A pair after a comma, even in quotes: never part of a name, but a likely typo. */
const PAIR_AFTER_COMMA = /,\s*(?:repo|env|org|visibility|repos|app|name)=/i

/** Thrown within this module for one wrong line. */
class LineProblem extends Error {}

/**
 * Parses `secret_targets`: one target per line, ignoring blank lines and lines that begin with `#`. An empty text means
 * the repository the workflow runs in. `problems` has a line for everything that is wrong.
 */
export function parseSecretTargets(text: string, defaults: TargetDefaults) {
  const lines = text
    .split(/\r\n|[\r\n]/)
    .map((line, index) => ({ line: line.trim(), place: `line ${index + 1}` }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
  const entries = lines.length > 0 ? lines : [{ line: 'repo', place: 'the default target' }]

  const problems: string[] = []
  if (entries.length > MOST_TARGETS) {
    problems.push(
      `lists ${entries.length} targets; at most ${MOST_TARGETS} fit into one step: divide them between several steps, or use an organization secret with repos=`,
    )
  }
  const seen = new Map<string, string>()
  const targets = entries.flatMap(({ line, place }) => {
    try {
      const target = readTarget(line, defaults)
      const identity = identify(target)
      const earlier = seen.get(identity)
      if (earlier !== undefined) {
        throw new LineProblem(
          `is ${describeSecret(target)}, the same as ${earlier}; remove one of them`,
        )
      }
      seen.set(identity, place)
      return [target]
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error
      problems.push(`${place}: ${error.message}`)
      return []
    }
  })
  return { targets, problems }
}

/** The name of a secret. */
export function parseSecretName(name: string): Parsed<string> {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > LONGEST_NAME) {
    return {
      problem: `${quoteValue(name)} is not a valid secret name; use letters, digits and underscores, and do not start with a digit`,
    }
  }
  if (!/^GITHUB_/i.test(name)) return { value: name }
  return { problem: `"${name}" starts with GITHUB_, which GitHub reserves; choose another name` }
}

/** Equal for two targets if GitHub would store them in the same place. */
function identify({ destination, name }: SecretTarget): string {
  return `${describeDestination(destination)} ${name}`.toLowerCase()
}

function readTarget(line: string, defaults: TargetDefaults): SecretTarget {
  const pairs = readPairs(line)
  const name = pairs.get('name') ?? defaults.secretName
  if (name === '') throw new LineProblem('has no secret name; enter name=… here or set secret_name')
  const org = pairs.get('org')
  const destination =
    org === undefined ? placeInRepository(pairs, defaults) : placeInOrganization(pairs, org)
  return { destination, name: name.toUpperCase() }
}

/** The values of a line, each valid by itself and in its place; that of the bare word `repo` is empty. */
function readPairs(line: string): Pairs {
  if (PAIR_AFTER_COMMA.test(line)) {
    throw new LineProblem(
      `${quoteValue(line)} continues with another pair after a comma; enter one target per line, with spaces between its pairs`,
    )
  }
  const pairs = new Map<string, string>()
  for (const [word, quotedName, quoted = ''] of line.matchAll(WORDS)) {
    const [name, text] =
      quotedName === undefined
        ? splitPair(word, line)
        : [quotedName, quoted.replace(/\\(["\\])/g, '$1')]
    if (pairs.has(name)) throw new LineProblem(`${name} is set twice; set it once`)
    pairs.set(name, word === 'repo' ? '' : readValue(name, text, word))
  }
  const kind = pairs.has('org') ? 'withOrg' : 'withoutOrg'
  for (const [name, { [kind]: problem }] of Object.entries(PAIRS)) {
    if (problem !== undefined && pairs.has(name)) throw new LineProblem(problem)
  }
  return pairs
}

function readValue(name: string, text: string, word: string): string {
  const pair = Object.hasOwn(PAIRS, name) ? PAIRS[name] : undefined
  if (pair === undefined) {
    const all = Object.keys(PAIRS).map((known) => `${known}=…`)
    throw new LineProblem(`${quoteValue(word)} is not a valid pair; enter ${joinWords(all, 'or')}`)
  }
  if (text === '') throw new LineProblem(`${name} has no value; enter ${name}=…`)
  const parsed = pair.parse(text)
  if ('value' in parsed) return parsed.value
  throw new LineProblem(`${name} ${parsed.problem}`)
}

function splitPair(word: string, line: string): readonly [name: string, value: string] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(word) ?? []
  if (word === 'repo') return ['repo', '']
  if (name === '') {
    const bare = line.includes('=') ? word : line.replace(/^"(.*)"$/, '$1')
    throw new LineProblem(`${quoteValue(bare)} is not a pair; enter ${suggestPair(bare, line)}`)
  }
  if (value.includes('"')) {
    throw new LineProblem(
      `${quoteValue(word)} has a stray double quote; put the whole value in double quotes, and write \\" for a quote in it`,
    )
  }
  return [name, value]
}

/** A line without any pair is most likely the name of an environment or a repository. */
function suggestPair(name: string, line: string): string {
  const quoted = quoteValue(name)
  if (line.includes('=') || !quoted.startsWith('"')) {
    return 'name=value, and put values with spaces in double quotes'
  }
  const value = /\s/.test(name) ? quoted : quoted.slice(1, -1)
  const repository = REPOSITORY.test(name) ? `repo=${value} or ` : ''
  return `${repository}env=${value} for the environment of that name`
}

function placeInRepository(pairs: Pairs, defaults: TargetDefaults): SecretDestination {
  const repository = pairs.get('repo') || defaults.repository
  if (!REPOSITORY.test(repository)) {
    throw new LineProblem(
      "refers to the workflow's repository, which is unknown here; enter repo=owner/name",
    )
  }
  const app = pickApp(pairs)
  const environment = pairs.get('env')
  if (environment === undefined) return { kind: 'repository', repository, app }
  if (app !== 'actions') {
    throw new LineProblem(
      `has env and app=${app}, but an environment has Actions secrets only; remove one of them`,
    )
  }
  return { kind: 'environment', repository, environment }
}

function placeInOrganization(pairs: Pairs, org: string): SecretDestination {
  const visibility = VISIBILITIES.find((one) => one === pairs.get('visibility'))
  const repos = pairs.get('repos')
  const isSelected = visibility === 'selected'
  if (!isSelected && repos !== undefined) {
    throw new LineProblem('has repos without visibility=selected; enter both or neither')
  }
  const repositories = readRepositories(repos ?? '', org)
  if (isSelected && repositories.length === 0) {
    throw new LineProblem('has visibility=selected but no repositories; enter repos=a,b')
  }
  return { kind: 'organization', org, app: pickApp(pairs), visibility, repositories }
}

/** Names of repositories of an organization, which may stand before each; the last spelling of each counts. */
function readRepositories(text: string, org: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const unique = new Map<string, string>()
  for (const name of names) {
    const isFull = name.toLowerCase().startsWith(`${org.toLowerCase()}/`)
    const own = isFull ? name.slice(org.length + 1) : name
    if (!REPOSITORY.test(`${org}/${own}`)) {
      throw new LineProblem(
        `repos contains ${quoteValue(name)}; enter names of repositories of ${org}, separated by commas`,
      )
    }
    unique.set(own.toLowerCase(), own)
  }
  return [...unique.values()]
}

function pickApp(pairs: Pairs): SecretApp {
  return SECRET_APPS.find((one) => one === pairs.get('app')) ?? 'actions'
}

function parseEnvironment(text: string): Parsed<string> {
  const name = text.trim()
  const isTooLong = name.length > LONGEST_NAME
  if (/^\.{0,2}$/.test(name) || isTooLong || findControlCharacter(name) !== undefined) {
    return { problem: `${quoteValue(name)} is not a valid environment name; enter env=name` }
  }
  const decoded = decodePercent(name)
  if (decoded === name) return { value: name }
  return {
    problem: `${quoteValue(name)} is percent-encoded already; enter env=${quoteValue(decoded)}, which the action encodes`,
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that encodes nothing.
    return text
  }
}

function matching(pattern: RegExp, otherwise: string): ValueParser<string> {
  return (text) =>
    pattern.test(text) ? { value: text } : { problem: `${quoteValue(text)} ${otherwise}` }
}
