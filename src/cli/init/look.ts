import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gemsIn } from './gems.ts'
import { gitIn, type GitFindings } from './git.ts'
import { readProcfile, type Procfile } from './procfile.ts'

/** What a folder says about the application in it. */
export interface Findings extends Pick<GitFindings, 'remote' | 'branch' | 'folder'> {
  /** the name of the package, the repository or the folder, with no character that an application may not have */
  readonly application: string
  readonly ruby: RubyFindings | undefined
  readonly node: NodeFindings | undefined
  readonly php: PhpFindings | undefined
  readonly procfile: Procfile
  /** files that the application needs, and that git does not have */
  readonly linkedFiles: readonly string[]
}

export interface RubyFindings {
  /** the file that says so: Gemfile.lock, or else Gemfile; or gems.locked and gems.rb */
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
  const { tracks, ...git } = gitIn(dir)
  const manifest = readJson(join(dir, 'package.json'))
  return {
    ...git,
    application: nameOf(dir, manifest, git),
    ruby: rubyIn(dir),
    node: manifest && nodeIn(dir, manifest),
    php: phpIn(dir),
    procfile: readProcfile(readText(join(dir, 'Procfile')) ?? ''),
    linkedFiles: LINKED_FILES.filter(([file, hint]) => !tracks(file) && (existsSync(join(dir, file)) || existsSync(join(dir, hint)))).map(
      ([file]) => file,
    ),
  }
}

/** A checkout may be called anything, a folder in a repository is not the whole of it, and a package may have no name. */
const nameOf = (
  dir: string,
  manifest: Readonly<Record<string, unknown>> | undefined,
  { remote, folder }: Pick<GitFindings, 'remote' | 'folder'>,
): string => {
  const own = typeof manifest?.['name'] === 'string' ? manifest['name'].replace(/^@.*\//, '') : ''
  const repository = folder === undefined ? (/([^/:]+?)(?:\.git)?\/*$/.exec(remote.url ?? '')?.[1] ?? '') : ''
  return [own, repository, basename(dir)].map(plainName).find((name) => name !== '') ?? 'app'
}

/** Files with secrets or of one server, each with the file in a repository that shows that it is needed. */
const LINKED_FILES: readonly (readonly [file: string, hint: string])[] = [
  ['config/master.key', 'config/credentials.yml.enc'],
  ['config/database.yml', 'config/database.yml.example'],
  ['.env', '.env.example'],
]

const rubyIn = (dir: string): RubyFindings | undefined => {
  // Bundler reads gems.rb first (bundler's gemfile(5))
  const [name, lockName] = existsSync(join(dir, 'gems.rb')) ? ['gems.rb', 'gems.locked'] : ['Gemfile', 'Gemfile.lock']
  const [gemfile, lock] = [readText(join(dir, name!)), readText(join(dir, lockName!))]
  if (gemfile === undefined && lock === undefined) return undefined
  return {
    from: lock === undefined ? name! : lockName!,
    gems: gemsIn(gemfile, lock),
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

/** The name with "-" for what the name of an application may not have; letters lose their accents. */
const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\p{M}'’]/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .replace(/-+$/, '')
