import { readFileSync } from 'node:fs'
import { usageError } from '../values/errors.ts'
import type { ShipitError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { showLocation } from '../errors/source-location.ts'

/** What a config may import from this package. */
const ENTRY_POINTS = ['shipit-ts', 'shipit-ts/kit', 'shipit-ts/recipes'] as const
const NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT', 'ERR_PACKAGE_PATH_NOT_EXPORTED']

/** The error for an import of a module that cannot be found, with its line; undefined for any other error. */
export const moduleNotFound = (error: NodeJS.ErrnoException, file: string, text: string): ShipitError | undefined => {
  const { code, message } = error
  if (code === undefined || !NOT_FOUND.includes(code)) return undefined
  const entryPoint = unknownEntryPoint(message, file, text)
  if (entryPoint) return usageError(entryPoint.message, { where: entryPoint.where, cause: error })
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined
  const name = /Cannot find (?:package|module) '([^']+)'|Directory import '([^']+)'/.exec(message)
  const missing = name?.[1] ?? name?.[2] ?? ''
  const line = lineOf(text, (row) => /\b(import|from)\b/.test(row) && row.includes(missing.replace(/^.*\//, '').replace(/\.\w+$/, '')))
  const relative = missing.startsWith('/') || missing.startsWith('.')
  return usageError(message.replace(/ imported from .*$/s, '').replace('Cannot find', 'cannot find'), {
    where: showLocation(file, line),
    hint: relative
      ? 'imports of your own files need their extension: ./tasks.ts'
      : /^shipit(\/|$)/.test(missing)
        ? `the package is called shipit-ts: import … from '${missing.replace('shipit', 'shipit-ts')}'`
        : `is it installed? npm install ${missing}`,
    cause: error,
  })
}

/** Node names only the package that it looked for, not the path in it, so the path comes from the text of the file with the import. */
const unknownEntryPoint = (message: string, file: string, text: string): { message: string; where: string } | undefined => {
  if (!/'shipit-ts'|Package subpath .*[/\\]shipit-ts[/\\]/.test(message)) return undefined
  const importer = / imported from (.*)$/s.exec(message)?.[1] ?? file
  const source = importer === file ? text : readIfPossible(importer)
  for (const { 0: matched, 1: specifier = '', index } of source.matchAll(/\b(?:from|import)\s*\(?\s*['"](shipit-ts\/[^'"]*)['"]/g)) {
    if (ENTRY_POINTS.some((one) => one === specifier) || isComment(source, index)) continue
    const near = didYouMean(specifier, ENTRY_POINTS.slice(1)).replaceAll('"', "'")
    const others = `: a config imports from ${ENTRY_POINTS.map((one) => `'${one}'`)
      .join(', ')
      .replace(/, (?=[^,]*$)/, ' or ')}`
    const line = source.slice(0, index + matched.length).split('\n').length
    return { message: `there is no '${specifier}'${near || others}`, where: showLocation(importer, line) }
  }
  return undefined
}

/** What is wrong with an import of a name that one of our entry points does not export; undefined for any other error. */
export const missingExport = async ({ message }: Error): Promise<string | undefined> => {
  const [, from = '', name = ''] = /module '([^']+)' does not provide an export named '([^']+)'/.exec(message) ?? []
  if (!ENTRY_POINTS.some((one) => one === from)) return undefined
  const exported = new Map<string, readonly string[]>()
  for (const one of ENTRY_POINTS) exported.set(one, await exportsOf(one))
  const right = ENTRY_POINTS.find((one) => exported.get(one)!.includes(name))
  return right === undefined
    ? `'${from}' has no export "${name}"${didYouMean(name, exported.get(from)!) || ': if it is a type, write import type'}`
    : `${name} is in '${right}'`
}

/** Whether a place in a source is behind the beginning of a comment in its line, or in a line of a longer comment. */
const isComment = (source: string, at: number): boolean =>
  /^\s*\*|\/\/|\/\*/.test(source.slice(source.lastIndexOf('\n', at) + 1, at).replace(/\/\*.*?\*\//g, ''))

const exportsOf = async (entryPoint: string): Promise<readonly string[]> => {
  try {
    return Object.keys((await import(entryPoint)) as object)
  } catch {
    return []
  }
}

const lineOf = (text: string, is: (row: string) => boolean): number | undefined => {
  const index = text.split('\n').findIndex(is)
  return index < 0 ? undefined : index + 1
}

const readIfPossible = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
