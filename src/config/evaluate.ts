import { reasonOf } from '../values/reason.ts'
import { realpathSync } from 'node:fs'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ShipitError, usageError } from '../values/errors.ts'
import { waiting } from '../values/waiting.ts'
import { collectingEnv } from './env.ts'
import { showPlace, thrownAt } from '../errors/source-location.ts'
import { syntaxMistake } from './syntax.ts'
import type { ConfigFile } from './find.ts'

/**
 * The content of a config file: the default export of a module, run once, or the data of a JSON or YAML file. Not validated.
 * Throws (usage), with the line, if the file cannot be parsed or its own code throws.
 */
export const evaluateConfig = async ({ file, text }: ConfigFile): Promise<unknown> => {
  if (extname(file) === '.json') return (await import('./data.ts')).readJson(file, unmarked(text))
  if (/^\.ya?ml$/.test(extname(file))) return (await import('./data.ts')).readYaml(file, unmarked(text))
  return await collectingEnv(async () => {
    const module = await waiting(`an await at the top level of ${showPlace(file)}, or of a file that it imports`, importConfig(file, text))
    if (module.default !== undefined) return await waiting(`the default export of ${showPlace(file)}`, module.default)
    throw usageError(`${showPlace(file)} has no default export`, {
      hint: 'write: export default defineConfig({ … })',
      where: showPlace(file),
    })
  })
}

/** Removes the byte order mark that Windows editors write; no parser accepts it. */
const unmarked = (text: string): string => text.replace(/^\uFEFF/, '')

const importConfig = async (file: string, text: string): Promise<{ default?: unknown }> => {
  const loud = silenceTypeless()
  try {
    return (await import(pathToFileURL(file).href)) as { default?: unknown }
  } catch (error) {
    throw await explain(error, realpathSync(file), text)
  } finally {
    loud()
  }
}

/** A config is an ES module whatever package.json says. A Rails application does not need Node's advice to set `"type": "module"`. */
const silenceTypeless = (): (() => void) => {
  const { emitWarning } = process
  const quiet = (warning: string | Error, ...rest: unknown[]): void => {
    const [first, second] = rest
    const code = typeof first === 'object' ? (first as { code?: string } | null)?.code : second
    if (code !== 'MODULE_TYPELESS_PACKAGE_JSON') Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  process.emitWarning = quiet as typeof process.emitWarning
  return () => void (process.emitWarning = emitWarning)
}

const explain = async (error: unknown, file: string, text: string): Promise<ShipitError> => {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const syntax = await syntaxMistake(error, file, text)
  if (syntax) return syntax
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT') return notFound(error as Error, file, text)
  return thrownByConfig(error, file)
}

/** An error thrown by the config's own code, with its place instead of a stack. */
export const thrownByConfig = (error: unknown, file: string, key?: string): ShipitError => {
  const where = thrownAt(error, file) ?? showPlace(file)
  if (error instanceof ShipitError) {
    const { message, hint, host, cause } = error
    return usageError(message, { hint, host, cause, where: error.where ?? where })
  }
  return usageError(`${key === undefined ? '' : `${key}: `}${reasonOf(error)}`, { where, cause: error })
}

const notFound = (error: Error, file: string, text: string): ShipitError => {
  const name = /Cannot find (?:package|module) '([^']+)'|Directory import '([^']+)'/.exec(error.message)
  const missing = name?.[1] ?? name?.[2] ?? ''
  const line = text
    .split('\n')
    .findIndex((row) => /\b(import|from)\b/.test(row) && row.includes(missing.replace(/^.*\//, '').replace(/\.\w+$/, '')))
  const relative = missing.startsWith('/') || missing.startsWith('.')
  return usageError(error.message.replace(/ imported from .*$/s, '').replace('Cannot find', 'cannot find'), {
    where: showPlace(file, line < 0 ? undefined : line + 1),
    hint: relative
      ? 'imports of your own files need their extension: ./tasks.ts'
      : /^shipit(\/|$)/.test(missing)
        ? `the package is called shipit-ts: import … from '${missing.replace('shipit', 'shipit-ts')}'`
        : `is it installed? npm install ${missing}`,
    cause: error,
  })
}
