import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { CONFIG_FILES, findConfig, readConfig, type ConfigFile } from '../../config/find.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { EXIT, ShipitError, usageError } from '../../values/errors.ts'
import type { Options } from '../global-options.ts'
import { version } from '../invocation.ts'
import { shipitCommand } from '../shipit-command.ts'
import { REFERENCE, TYPES_FILE, typesVersion, writeTypesFile, writeWhole } from '../types-file.ts'

/**
 * `shipit types`: writes all types of a config into one file beside it, for an editor where there is no node_modules with shipit, and has
 * the config refer to it. Replaces only what it wrote itself, and adds one line to the config. Runs no config. Throws (usage) if it cannot.
 */
export const writeTypes = async (options: Options): Promise<number> => {
  const config = await configOf(options)
  if (config !== undefined && !/^\.m?[jt]s$/.test(extname(config.file)))
    throw usageError(`${basename(config.file)} has no types: they are for a config in TypeScript or JavaScript`, {
      hint: `an editor completes it with a schema: ${shipitCommand({ ...options, config: undefined })('schema')}`,
    })
  const folder = config === undefined ? process.cwd() : dirname(config.file)
  const installed = installedIn(folder)
  if (installed !== undefined) {
    const own = typesVersion(folder) === undefined ? '' : `; remove ${TYPES_FILE} and the line that refers to it`
    writeOut(`nothing was written: your editor takes the types from ${installed}${own}\n`)
    return EXIT.done
  }
  writeOut(
    provideTypes(folder, config)
      .map((line) => `${line}\n`)
      .join(''),
  )
  return EXIT.done
}

/** Writes the types, and refers to them. Returns what to print about it. Throws (usage) if it cannot. */
export const provideTypes = (folder: string, config: ConfigFile | undefined): readonly string[] => {
  const before = typesVersion(folder)
  writeTypesFile(folder)
  const renewed = before === undefined || before === version() ? '' : `, instead of those of ${before}`
  return [`wrote ${TYPES_FILE}, the types of shipit ${version()}${renewed}`, ...reference(config)]
}

const configOf = async ({ config }: Options): Promise<ConfigFile | undefined> => {
  if (config !== undefined) return readConfig(config, process.cwd())
  try {
    return await findConfig(process.cwd())
  } catch (error) {
    if (error instanceof ShipitError && error.about === 'no config') return undefined
    throw error
  }
}

/** Where an editor finds the installed types already. */
const installedIn = (folder: string): string | undefined => {
  for (let dir = folder; ; dir = dirname(dir)) {
    const found = join(dir, 'node_modules/shipit-ts')
    if (existsSync(join(found, 'package.json'))) return found
    if (dir === dirname(dir)) return undefined
  }
}

const REFERS = /^\s*\/\/\/\s*<reference\s+path=(["'])(?:\.\/)?\.shipit\/types\.d\.ts\1/m

/** Has the config refer to the types, if it does not: as its first line, which changes nothing else in it. */
const reference = (config: ConfigFile | undefined): readonly string[] => {
  if (config === undefined) return [`put this line at the top of ${CONFIG_FILES[0]}: ${REFERENCE}`]
  const { file, text } = config
  if (REFERS.test(text)) return []
  const { uid, nlink } = lstatSync(file)
  // a file of another account would become one of this account, or could not be written
  const ours = lstatSync(file).isFile() && nlink === 1 && (process.getuid === undefined || uid === process.getuid())
  if (!ours || !added(file)) return [`put this line at the top of ${basename(file)}: ${REFERENCE}`]
  return [`added a line to ${basename(file)}, by which your editor finds them: ${REFERENCE}`]
}

/** Whether the line could be added. The rest of the file is as it was, byte for byte, and it is never half there. */
const added = (file: string): boolean => {
  try {
    const { mode, gid } = lstatSync(file)
    const bytes = readFileSync(file)
    const text = bytes.toString('latin1')
    const { length } = /^(?:\xEF\xBB\xBF)?(?:#!.*\r?\n)?/.exec(text)![0]
    const line = Buffer.from(`${REFERENCE}${text.includes('\r\n') ? '\r\n' : '\n'}`)
    writeWhole(file, Buffer.concat([bytes.subarray(0, length), line, bytes.subarray(length)]), { mode: mode & 0o7777, gid })
    return true
  } catch {
    return false
  }
}
