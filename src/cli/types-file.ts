import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { typesFile } from '../config/shipped-files.ts'
import { usageError } from '../values/errors.ts'
import { version } from './invocation.ts'

/** Beside the config; not in a folder that a compiler reads by itself, because the config names it. */
export const TYPES_FILE = '.shipit/types.d.ts'
/** The first line of a config that an editor is to find them by. */
export const REFERENCE = `/// <reference path="${TYPES_FILE}" />`

const HEAD = /^\/\/ shipit (\d[\w.+-]*): .*$/m
const head = (): string => `// shipit ${version()}: the types of deploy.config.ts. Written by shipit types: do not edit, write it again.\n`

/** The version of shipit that wrote the types beside a config; undefined if there are none, or another program wrote the file. */
export const typesVersion = (folder: string): string | undefined => {
  try {
    const [first = ''] = readFileSync(join(folder, TYPES_FILE), 'utf8').split('\n', 1)
    return HEAD.exec(first)?.[1]
  } catch {
    return undefined
  }
}

/** The version of the types beside a config, if that is not this one. */
export const staleTypes = (folder: string): string | undefined => {
  const found = typesVersion(folder)
  return found === version() ? undefined : found
}

/** Writes the types into the folder of a config: whole or not at all, and only over types that shipit wrote. Throws (usage) if it cannot. */
export const writeTypesFile = (folder: string): void => {
  const file = join(folder, TYPES_FILE)
  refuseOthers(file)
  const text = head() + shippedTypes()
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeWhole(file, text, { mode: 0o644 })
  } catch (error) {
    throw usageError(`${file} cannot be written: ${(error as Error).message}`, { hint: 'check who may write in this folder', cause: error })
  }
}

/** Puts a file in place by a rename, so that it is there whole or as before. `as`: its mode, and its group if that is to stay. */
export const writeWhole = (file: string, content: string | Uint8Array, as: { readonly mode: number; readonly gid?: number }): void => {
  const made = `${file}.${randomBytes(8).toString('hex')}`
  try {
    writeFileSync(made, content, { flag: 'wx', mode: 0o600 })
    if (as.gid !== undefined) chownSync(made, -1, as.gid)
    chmodSync(made, as.mode)
    renameSync(made, file)
  } catch (error) {
    rmSync(made, { force: true })
    throw error
  }
}

/** Throws (usage) for a file that shipit did not write, and for links, which could lead anywhere. */
const refuseOthers = (file: string): void => {
  const hint = `move it away first: mv ${TYPES_FILE} ${TYPES_FILE}.old`
  const folder = lstatSync(dirname(file), { throwIfNoEntry: false })
  if (folder !== undefined && !folder.isDirectory())
    throw usageError(`${dirname(file)} is not a directory of its own, and shipit writes through no link`, {
      hint: 'put a directory in its place',
    })
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isFile()) throw usageError(`${file} is not a file of its own, and shipit writes through no link`, { hint })
  if (typesVersion(dirname(dirname(file))) === undefined)
    throw usageError(`${file} was not written by shipit types, and is not replaced`, { hint })
}

const shippedTypes = (): string => {
  const file = typesFile()
  if (!existsSync(file)) throw usageError('this checkout of shipit has no types yet', { hint: 'build them: npm run build' })
  return readFileSync(file, 'utf8')
}
