import { findControlCharacter, joinWords } from '../core/plain-text.js'
import {
  describeDestination,
  describeSecret,
  SECRET_APPS,
  type SecretApp,
  type SecretDestination,
  type SecretTarget,
  VISIBILITIES,
  type Visibility,
} from '../core/secret-target.js'
import { parseChoice, quoteValue } from './values.js'

/** Values for what a line omits. */
export interface TargetDefaults {
  /** `owner/name` of the repository the workflow runs in, `''` when unknown. */
  readonly repository: string
  /** Name of the secret on lines without `name=`, `''` when there is none; checked by `findNameProblem`, not here. */
  readonly secretName: string
}

/** The targets in a text, and what is wrong with it, a line for each problem. */
export interface ParsedTargets {
  readonly targets: readonly SecretTarget[]
  readonly problems: readonly string[]
}

const PAIRS = ['repo', 'env', 'org', 'visibility', 'repos', 'app', 'name'] as const
type PairName = (typeof PAIRS)[number]
type Pairs = Readonly<Partial<Record<PairName, string>>>

/** A pair after a comma, even in quotes: never part of a name, but a likely typo. */
const PAIR_AFTER_COMMA = new RegExp(`,\\s*(?:${PAIRS.join('|')})=`, 'i')

const LONGEST_NAME = 255

/** Thrown within this module for one wrong line. */
class LineProblem extends Error {}

/**
 * Parses `secret_targets`: one target per line, ignoring blank lines and lines that begin with `#`.
 * An empty text means the repository the workflow runs in.
 */
export function parseSecretTargets(text: string, defaults: TargetDefaults): ParsedTargets {
  const lines = text
    .split(/\r\n|[\r\n]/)
    .map((line, index) => ({ line: line.trim(), place: `line ${index + 1}` }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
  const entries = lines.length > 0 ? lines : [{ line: 'repo', place: 'the default target' }]

  const problems: string[] = []
  const seen = new Map<string, string>()
  const targets = entries.flatMap(({ line, place }) => {
    try {
      const target = readTarget(readPairs(line), defaults)
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

/** What is wrong with a secret's name and what to enter instead, if anything is. */
export function findNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > LONGEST_NAME) {
    return `${quoteValue(name)} is not a valid secret name; use letters, digits and underscores, and do not start with a digit`
  }
  if (/^GITHUB_/i.test(name))
    return `"${name}" starts with GITHUB_, which GitHub reserves; choose another name`
  return undefined
}

/** Equal for two targets if GitHub would store them in the same place. */
function identify({ destination, name }: SecretTarget): string {
  return `${describeDestination(destination)} ${name}`.toLowerCase()
}

function readPairs(line: string): Pairs {
  if (PAIR_AFTER_COMMA.test(line)) {
    throw new LineProblem(
      `${quoteValue(line)} continues with another pair after a comma; enter one target per line, with spaces between its pairs`,
    )
  }
  const pairs: Partial<Record<PairName, string>> = {}
  const rest = line.replace(
    /(\S+?)="([^"]*)"(?=\s|$)|(\S+)/g,
    (word, quotedName, quotedValue, bare) => {
      const [name, value] = bare === undefined ? [quotedName, quotedValue] : splitPair(bare)
      const known = PAIRS.find((pair) => pair === name)
      if (known === undefined) {
        throw new LineProblem(
          `${quoteValue(word)} is not a valid pair; enter ${joinWords(
            PAIRS.map((pair) => `${pair}=…`),
            'or',
          )}`,
        )
      }
      if (pairs[known] !== undefined) throw new LineProblem(`${known} is set twice; set it once`)
      if (value === '' && word !== 'repo')
        throw new LineProblem(`${name} has no value; enter ${name}=…`)
      pairs[known] = value
      return ''
    },
  )
  if (rest.trim() !== '')
    throw new LineProblem(`${quoteValue(rest.trim())} is not a pair; enter name=value`)
  return pairs
}

function splitPair(word: string): readonly [string, string] {
  if (word === 'repo') return ['repo', '']
  const equals = word.indexOf('=')
  if (equals < 1) {
    throw new LineProblem(
      `${quoteValue(word)} is not a pair; enter name=value, and put values with spaces in double quotes`,
    )
  }
  const value = word.slice(equals + 1)
  if (value.includes('"')) {
    throw new LineProblem(
      `${quoteValue(word)} has a stray double quote; put the whole value in double quotes`,
    )
  }
  return [word.slice(0, equals), value]
}

function readTarget(pairs: Pairs, defaults: TargetDefaults): SecretTarget {
  const name = pairs.name ?? defaults.secretName
  if (name === '') throw new LineProblem('has no secret name; enter name=… here or set secret_name')
  const nameProblem = pairs.name === undefined ? undefined : findNameProblem(pairs.name)
  if (nameProblem !== undefined) throw new LineProblem(`name ${nameProblem}`)
  const destination =
    pairs.org === undefined ? readRepository(pairs, defaults) : readOrganization(pairs, pairs.org)
  return { destination, name: name.toUpperCase() }
}

function readOrganization(pairs: Pairs, org: string): SecretDestination {
  if (pairs.repo !== undefined)
    throw new LineProblem('has both org and repo; enter only one of them')
  if (pairs.env !== undefined) {
    throw new LineProblem(
      'has both org and env, but an environment belongs to a repository; enter repo=owner/name instead of org',
    )
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(org)) {
    throw new LineProblem(`org=${quoteValue(org)} is not a valid organization name; enter org=name`)
  }
  const visibility =
    pairs.visibility === undefined
      ? undefined
      : readChoice('visibility', pairs.visibility, VISIBILITIES)
  return {
    kind: 'organization',
    org,
    app: readApp(pairs.app),
    visibility,
    repositories: readSelected(pairs.repos, visibility, org),
  }
}

function readSelected(
  repos: string | undefined,
  visibility: Visibility | undefined,
  org: string,
): readonly string[] {
  if (visibility !== 'selected') {
    if (repos === undefined) return []
    throw new LineProblem('has repos without visibility=selected; enter both or neither')
  }
  const names = (repos ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) {
    throw new LineProblem('has visibility=selected but no repositories; enter repos=a,b')
  }
  const unique = new Map<string, string>()
  for (const name of names) {
    const own = name.toLowerCase().startsWith(`${org.toLowerCase()}/`)
      ? name.slice(org.length + 1)
      : name
    if (!isRepositoryName(own)) {
      throw new LineProblem(
        `repos contains ${quoteValue(name)}; enter names of repositories of ${org}, separated by commas`,
      )
    }
    unique.set(own.toLowerCase(), own)
  }
  return [...unique.values()]
}

function readRepository(pairs: Pairs, defaults: TargetDefaults): SecretDestination {
  for (const pair of ['visibility', 'repos'] as const) {
    if (pairs[pair] !== undefined)
      throw new LineProblem(`has ${pair}, which is valid only with org=…; remove it`)
  }
  const repository =
    pairs.repo === undefined || pairs.repo === '' ? defaults.repository : pairs.repo
  if (repository === '')
    throw new LineProblem(
      "refers to the workflow's repository, which is unknown here; enter repo=owner/name",
    )
  const [owner = '', name = '', ...more] = repository.split('/')
  if (more.length > 0 || !/^[A-Za-z0-9_-]+$/.test(owner) || !isRepositoryName(name)) {
    throw new LineProblem(
      `repo=${quoteValue(repository)} is not a repository; enter repo=owner/name`,
    )
  }
  const app = readApp(pairs.app)
  if (pairs.env === undefined) return { kind: 'repository', repository, app }
  if (app !== 'actions')
    throw new LineProblem(
      `has env and app=${app}, but an environment has Actions secrets only; remove one of them`,
    )
  const environment = pairs.env.trim()
  if (
    /^\.{0,2}$/.test(environment) ||
    environment.length > LONGEST_NAME ||
    findControlCharacter(environment) !== undefined
  ) {
    throw new LineProblem('env is not a valid environment name; enter env=name')
  }
  return { kind: 'environment', repository, environment }
}

function readApp(app: string | undefined): SecretApp {
  return app === undefined ? 'actions' : readChoice('app', app, SECRET_APPS)
}

function readChoice<T extends string>(pair: string, value: string, choices: readonly T[]): T {
  const parsed = parseChoice(choices)(value)
  if ('value' in parsed) return parsed.value
  throw new LineProblem(`${pair}=${parsed.problem}`)
}

function isRepositoryName(name: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(name) && !/^\.{1,2}$/.test(name)
}
