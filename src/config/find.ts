import { lstatSync, readFileSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { typed } from '../shell/typed.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { checkTrusted } from './trusted.ts'
import { repositoryRoot } from './repository-root.ts'

/** The file names of a config, in search order. */
export const CONFIG_FILES: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'].map((ext) => `deploy.config.${ext}`)

/** A file that was found, and its text. Nothing has been executed. */
export interface ConfigFile {
  /** absolute */
  readonly file: string
  readonly text: string
}

/**
 * Looks for a config from `from` upward to the root of the repository (the folder with `.git`); outside a repository, only in `from`.
 * Throws (usage) if there is none, if a folder has two, if it cannot be read, or if others may write to it.
 */
export const findConfig = async (from: string): Promise<ConfigFile> => {
  const explorer = await makeExplorer()
  const start = resolve(from)
  // outside a repository, only here: anybody may have put a config further up
  const end = repositoryRoot(start)
  for (let dir = start; ; dir = dirname(dir)) {
    const candidates = CONFIG_FILES.filter((name) => isFile(join(dir, name)))
    if (candidates.length > 1) {
      throw usageError(`two configs in ${dir}: ${candidates.join(' and ')}`, { hint: 'keep one, or name it with --config' })
    }
    const result = await explorer.search(dir)
    if (result) return trusted(configFileOf(result))
    if (candidates.length === 1) {
      const path = join(dir, candidates[0]!)
      throw usageError(`${path} cannot be read`, { hint: `check its permissions, and where it leads: ls -l ${typed(path)}` })
    }
    if (dir === end) throw notFound(start, dir)
  }
}

/** `--config FILE`. Throws (usage) if it does not exist, cannot be read, or does not have the extension of a config. */
export const readConfig = async (file: string, cwd: string): Promise<ConfigFile> => {
  const path = resolve(cwd, file)
  if (!CONFIG_FILES.some((name) => extname(name) === extname(path))) {
    throw usageError(`${file} is not a config that shipit can read`, {
      hint: `a config ends in ${CONFIG_FILES.map((name) => extname(name)).join(', ')}`,
    })
  }
  try {
    // nothing has to be found, and to load what finds costs more than to read the file
    return trusted({ file: path, text: readFileSync(path, 'utf8') })
  } catch (error) {
    if (error instanceof ShipitError) throw error
    const code = (error as NodeJS.ErrnoException).code
    throw usageError(code === 'ENOENT' ? `there is no ${path}` : `${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * cosmiconfig with a loader that loads nothing and only reports which file was found. So no config runs inside its error handling (which
 * swallows ENOENT, and imports a file that throws a second time), `$import` means nothing, and neither its user-wide folder nor
 * package.json is searched.
 */
const makeExplorer = async () => {
  const { cosmiconfig } = await import('cosmiconfig')
  const loader = (file: string, text: string): ConfigFile => ({ file, text })
  const extensions = [...CONFIG_FILES.map((name) => extname(name)), '.cjs', '.cts', 'noExt', 'default']
  const loaders = Object.fromEntries(extensions.map((extension) => [extension, loader]))
  return withoutMetaConfig(() =>
    cosmiconfig('deploy', {
      searchPlaces: [...CONFIG_FILES],
      loaders,
      cache: false,
      searchStrategy: 'none',
      ignoreEmptySearchPlaces: false,
    }),
  )
}

/**
 * During setup, cosmiconfig executes `.config/config.js` of the working directory, its "meta config", and lets it add search places. No option
 * turns that off. It looks there synchronously, so meanwhile the working directory is the folder of this file, which has none.
 */
const withoutMetaConfig = <T>(setUp: () => T): T => {
  const before = enterable()
  if (before === undefined) return setUp()
  process.chdir(import.meta.dirname)
  try {
    return setUp()
  } finally {
    process.chdir(before)
  }
}

/** The working directory; undefined if this process may not enter it again, and so cannot read a file in it either. */
const enterable = (): string | undefined => {
  try {
    const cwd = process.cwd()
    process.chdir(cwd)
    return cwd
  } catch {
    return undefined
  }
}

/** cosmiconfig does not call the loader for an empty file. */
const configFileOf = ({ config, filepath }: { config: unknown; filepath: string }): ConfigFile =>
  (config as ConfigFile | undefined) ?? { file: filepath, text: '' }

const trusted = (found: ConfigFile): ConfigFile => {
  checkTrusted(found.file)
  return found
}

const isFile = (path: string): boolean => {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat !== undefined && !stat.isDirectory()
}

const notFound = (start: string, end: string) =>
  usageError(`no deploy.config.ts in ${start}${start === end ? '' : ` or above it, up to ${end}`}`, {
    about: 'no config',
    hint: 'write one: shipit init. Or name a config with --config',
  })
