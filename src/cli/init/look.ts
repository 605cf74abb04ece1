import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readProcfile, type ProcfileEntry } from './procfile.ts'
import { cleanRemote, type Remote } from './remote.ts'

/** What a folder says about the application in it. */
export interface Findings {
  /** the folder's name, or the package's, with no character that an application may not have */
  readonly application: string
  readonly remote: Remote
  /** undefined if there is no git repository, or nothing shows which branch it is */
  readonly branch: string | undefined
  readonly ruby: RubyFindings | undefined
  readonly node: NodeFindings | undefined
  readonly php: PhpFindings | undefined
  readonly processes: readonly ProcfileEntry[]
  /** files that the application needs, and that git does not have */
  readonly linkedFiles: readonly string[]
}

export interface RubyFindings {
  /** the file that says so: Gemfile.lock, or else Gemfile */
  readonly from: string
  readonly gems: ReadonlySet<string>
  /** the content of .ruby-version */
  readonly version: string | undefined
  readonly storage: boolean
}

export interface NodeFindings {
  readonly manager: 'npm' | 'yarn' | 'pnpm'
  /** installs exactly what the lock file has */
  readonly locked: boolean
  readonly scripts: ReadonlySet<string>
}

export interface PhpFindings {
  readonly kind: 'laravel' | 'symfony' | 'other'
}

/** Looks at a folder. Runs git, without the network, and reads files; changes nothing. */
export const lookAt = (dir: string): Findings => {
  const git = gitIn(dir)
  const manifest = readJson(join(dir, 'package.json'))
  const name = typeof manifest?.['name'] === 'string' ? manifest['name'].replace(/^@.*\//, '') : basename(dir)
  return {
    application: plainName(name) || 'app',
    remote: remoteOf(git),
    branch: branchOf(git),
    ruby: rubyIn(dir),
    node: manifest && nodeIn(dir, manifest),
    php: phpIn(dir),
    processes: existsSync(join(dir, 'Procfile')) ? readProcfile(readFileSync(join(dir, 'Procfile'), 'utf8')) : [],
    linkedFiles: LINKED_FILES.filter(
      ([file, hint]) => !tracked(git, file) && (existsSync(join(dir, file)) || existsSync(join(dir, hint))),
    ).map(([file]) => file),
  }
}

/** Files with secrets or of one server, each with the file in a repository that shows that it is needed. */
const LINKED_FILES: readonly (readonly [file: string, hint: string])[] = [
  ['config/master.key', 'config/credentials.yml.enc'],
  ['config/database.yml', 'config/database.yml.example'],
  ['.env', '.env.example'],
]

type Git = (...args: readonly string[]) => string | undefined

const gitIn =
  (dir: string): Git =>
  (...args) => {
    try {
      return execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined
    } catch {
      return undefined
    }
  }

const remoteOf = (git: Git): Remote => {
  const names = (git('remote') ?? '').split('\n')
  const name = names.includes('origin') ? 'origin' : names[0]
  return cleanRemote(name ? git('remote', 'get-url', '--', name) : undefined)
}

/** The default branch of the remote, or else the one that is checked out; with a detached HEAD, the usual one, or the only one. */
const branchOf = (git: Git): string | undefined => {
  const known =
    git('symbolic-ref', '--short', 'refs/remotes/origin/HEAD')?.replace(/^origin\//, '') ?? git('symbolic-ref', '--short', 'HEAD')
  if (known !== undefined) return known
  const all = new Set((git('for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads') ?? '').split('\n').filter(Boolean))
  return ['main', 'master'].find((name) => all.has(name)) ?? (all.size === 1 ? [...all][0] : undefined)
}

const tracked = (git: Git, file: string): boolean => git('ls-files', '--', file) !== undefined

const rubyIn = (dir: string): RubyFindings | undefined => {
  const lock = readText(join(dir, 'Gemfile.lock'))
  const text = lock ?? readText(join(dir, 'Gemfile'))
  if (text === undefined) return undefined
  const names = lock === undefined ? /^\s*gem\s+['"]([\w.-]+)['"]/gm : /^ {4}([\w.-]+) \(/gm
  return {
    from: lock === undefined ? 'Gemfile' : 'Gemfile.lock',
    gems: new Set([...text.matchAll(names)].map(([, name]) => name!)),
    version: readText(join(dir, '.ruby-version'))?.trim() || undefined,
    storage: existsSync(join(dir, 'config/storage.yml')),
  }
}

const nodeIn = (dir: string, manifest: Readonly<Record<string, unknown>>): NodeFindings => {
  const has = (file: string): boolean => existsSync(join(dir, file))
  const manager = has('pnpm-lock.yaml') ? 'pnpm' : has('yarn.lock') ? 'yarn' : 'npm'
  const { scripts } = manifest
  return {
    manager,
    locked: manager !== 'npm' || has('package-lock.json'),
    scripts: new Set(typeof scripts === 'object' && scripts !== null ? Object.keys(scripts) : []),
  }
}

const phpIn = (dir: string): PhpFindings | undefined => {
  if (!existsSync(join(dir, 'composer.json'))) return undefined
  const { require: packages } = readJson(join(dir, 'composer.json')) ?? {}
  const has = (name: string): boolean => typeof packages === 'object' && packages !== null && Object.hasOwn(packages, name)
  if (has('laravel/framework') || existsSync(join(dir, 'artisan'))) return { kind: 'laravel' }
  return { kind: has('symfony/framework-bundle') || existsSync(join(dir, 'bin/console')) ? 'symfony' : 'other' }
}

const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const readJson = (file: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(readText(file) ?? '')
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** The name with "-" for what the name of an application may not have. */
const plainName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .replace(/-+$/, '')
