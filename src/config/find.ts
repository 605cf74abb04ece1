import { lstatSync } from 'node:fs'
import { devNull } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'
import { typed } from '../shell/typed.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { checkTrusted } from './trusted.ts'
import { exampleConfig } from './example.ts'
import { repositoryRoot } from './root.ts'

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
    const there = CONFIG_FILES.filter((name) => isFile(join(dir, name)))
    if (there.length > 1) {
      throw usageError(`two configs in ${dir}: ${there.join(' and ')}`, { hint: 'keep one, or name it with --config' })
    }
    const found = await explorer.search(dir)
    if (found) return trusted(fileOf(found))
    if (there.length === 1) {
      const path = join(dir, there[0]!)
      throw usageError(`${path} cannot be read`, { hint: `see who may read it, and where it leads: ls -l ${typed(path)}` })
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
    return trusted(fileOf((await (await makeExplorer()).load(path))!))
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
 * During setup, cosmiconfig executes `.config/config.js` of the working directory and lets it add search places. It looks there
 * synchronously, so a working directory that is not a directory prevents that.
 */
const withoutMetaConfig = <T>(setUp: () => T): T => {
  const { cwd } = process
  process.cwd = () => devNull
  try {
    return setUp()
  } finally {
    process.cwd = cwd
  }
}

/** cosmiconfig does not call the loader for an empty file. */
const fileOf = ({ config, filepath }: { config: unknown; filepath: string }): ConfigFile =>
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
    hint: `start from the example, cp ${exampleConfig()} deploy.config.ts, or name a config with --config`,
  })
