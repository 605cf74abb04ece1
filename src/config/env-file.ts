import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { ShipitError, usageError } from '../values/errors.ts'
import { certain } from './env-issues.ts'
import { checkPrivate } from './trusted.ts'

interface FileVariable {
  readonly value: string
  /** as the config names it */
  readonly file: string
}

let folder: string | undefined
const variables = new Map<string, FileVariable>()
/** the variables of the files that the config reads for every stage, once a stage has begun */
let ofAllStages: ReadonlyMap<string, FileVariable> | undefined
/** those of each stage that has begun before, with the ones of all */
const ofStages = new Map<string, ReadonlyMap<string, FileVariable>>()
let stageNow: string | undefined

/** Called before a config is run: relative paths start at its folder, and variables of another config's files are forgotten. */
export const beginEnvFiles = (configFolder: string): void => {
  folder = configFolder
  ofAllStages = undefined
  ofStages.clear()
  stageNow = undefined
  variables.clear()
}

/**
 * Called before a stage is made, or used again: it has the variables of its own files, and none that another stage has read, so that `check`
 * sees each stage as its own commands do.
 */
export const beginStageFiles = (stage: string): void => {
  ofAllStages ??= new Map(variables)
  if (stageNow !== undefined) ofStages.set(stageNow, new Map(variables))
  stageNow = stage
  variables.clear()
  for (const [name, variable] of ofStages.get(stage) ?? ofAllStages) variables.set(name, variable)
}

/** Where a path of the config leads: a relative one starts at its folder. */
export const inConfigFolder = (file: string): string => (folder === undefined ? resolve(file) : resolve(folder, file))

/** A variable of the files that were read. They stay out of `process.env`, so that no program that shipit starts inherits them. */
export const fileVariable = (name: string): FileVariable | undefined => variables.get(name)

/**
 * Reads a file of variables for `env()`. What the environment or an earlier file sets stays. Throws (usage) if the file is missing, cannot
 * be read, or is open to other accounts; the error shows nothing of what is in it.
 */
export const readEnvFile = (file: string, { optional = false }: { readonly optional?: boolean } = {}): void => {
  try {
    const text = textOf(file, optional)
    for (const [name, value = ''] of Object.entries(parseEnv(text.replace(/^\uFEFF/, '')))) {
      if (!variables.has(name)) variables.set(name, { value, file })
    }
  } catch (error) {
    throw certain(error as ShipitError)
  }
}

const textOf = (file: string, optional: boolean): string => {
  if (typeof file !== 'string' || file === '') throw usageError('env.file() takes the path of a file')
  const path = inConfigFolder(file)
  try {
    if (statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    checkPrivate(path)
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof ShipitError) throw error
    const { code } = error as NodeJS.ErrnoException
    const missing = code === 'ENOENT' || code === 'ENOTDIR'
    if (missing && optional) return ''
    throw missing
      ? usageError(`there is no ${path}, which the config reads with env.file()`, {
          hint: `create it; or allow that it is missing: env.file('${file}', { optional: true })`,
        })
      : usageError(`${path}, which the config reads with env.file(), cannot be read: ${READING[code ?? ''] ?? code}`)
  }
}

const READING: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its links form a circle',
}
