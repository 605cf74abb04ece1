import { reasonOf } from '../values/error-reason.ts'
import { realpathSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ShipitError, usageError } from '../values/errors.ts'
import { waiting } from '../values/waiting.ts'
import { beginEnvFiles } from './env-file.ts'
import { collectEnvErrors } from './env-issues.ts'
import { showLocation, userCodeLocation } from '../errors/source-location.ts'
import { moduleNotFound } from './import-mistakes.ts'
import { syntaxMistake } from './syntax-error.ts'
import type { ConfigFile } from './find.ts'

/**
 * The content of a config file: the default export of a module, run once, or the data of a JSON or YAML file. Not validated.
 * Throws (usage), with the line, if the file cannot be parsed or its own code throws.
 */
export const evaluateConfig = async ({ file, text }: ConfigFile): Promise<unknown> => {
  if (extname(file) === '.json') return (await import('./parse-data.ts')).parseJson(file, withoutByteOrderMark(text))
  if (/^\.ya?ml$/.test(extname(file))) return (await import('./parse-data.ts')).parseYaml(file, withoutByteOrderMark(text))
  beginEnvFiles(dirname(file))
  return await collectEnvErrors(async () => {
    const module = await waiting(
      `an await at the top level of ${showLocation(file)}, or of a file that it imports`,
      importConfig(file, text),
    )
    if (module.default !== undefined) return await waiting(`the default export of ${showLocation(file)}`, module.default)
    throw usageError(`${showLocation(file)} has no default export`, {
      hint: 'write: export default defineConfig({ … })',
      where: showLocation(file),
    })
  })
}

/** Removes the byte order mark that Windows editors write; no parser accepts it. */
const withoutByteOrderMark = (text: string): string => text.replace(/^\uFEFF/, '')

const importConfig = async (file: string, text: string): Promise<{ default?: unknown }> => {
  const restoreWarnings = silenceTypelessWarning()
  try {
    return (await import(pathToFileURL(file).href)) as { default?: unknown }
  } catch (error) {
    throw await importError(error, realpathSync(file), text)
  } finally {
    restoreWarnings()
  }
}

/** A config is an ES module whatever package.json says. A Rails application does not need Node's advice to set `"type": "module"`. */
const silenceTypelessWarning = (): (() => void) => {
  const { emitWarning } = process
  const filtered = (warning: string | Error, ...rest: unknown[]): void => {
    const [first, second] = rest
    const code = typeof first === 'object' ? (first as { code?: string } | null)?.code : second
    if (code !== 'MODULE_TYPELESS_PACKAGE_JSON') Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  process.emitWarning = filtered as typeof process.emitWarning
  return () => void (process.emitWarning = emitWarning)
}

const importError = async (error: unknown, file: string, text: string): Promise<ShipitError> => {
  const mistake = (await syntaxMistake(error, file, text)) ?? (error instanceof Error ? moduleNotFound(error, file, text) : undefined)
  return mistake ?? configCodeError(error, file)
}

/** An error thrown by the config's own code, with its place instead of a stack. */
export const configCodeError = (error: unknown, file: string, key?: string): ShipitError => {
  const where = userCodeLocation(error, file) ?? showLocation(file)
  if (error instanceof ShipitError) {
    const { message, hint, host, cause } = error
    return usageError(message, { hint, host, cause, where: error.where ?? where })
  }
  return usageError(`${key === undefined ? '' : `${key}: `}${reasonOf(error)}`, { where, cause: error })
}
