import { showLocation } from '../errors/source-location.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { Unprintable } from './template-data.ts'

/** What the engine throws: at a token of a text. The file of the token is missing for a name that does not exist. */
interface EngineError extends Error {
  readonly token?: {
    readonly file?: string
    readonly input: string
    getText(): string
    getPosition(): readonly [line: number, column: number]
  }
  readonly originalError?: Error & { readonly variableName?: string }
}

/** An error of the engine as one for the user, with the file and line of the template. `texts`: files by their text. */
export const templateError = (error: unknown, texts: ReadonlyMap<string, string>, values: object = {}): unknown => {
  const { token, originalError: original, message } = error as EngineError
  // of the data: a variable that is not set
  if (original instanceof ShipitError) return original
  if (token === undefined) return error
  const file = token.file ?? texts.get(token.input)
  const where = file === undefined ? undefined : showLocation(file, token.getPosition()[0])
  const name = original?.variableName
  if (name !== undefined) {
    const others = namesBeside(name, values)
    const what = others.includes(name)
      ? `${name} has no value in the data of the template: it is undefined or a function`
      : `the data of the template has no ${name}${didYouMean(name, others)}`
    return usageError(what, {
      where,
      hint: 'add it to the data that template() gets; a value that may be missing is null there',
    })
  }
  if (original instanceof Unprintable) return usageError(`${token.getText()} ${original.message}`, { where })
  return usageError(`the template: ${(original?.message ?? message).replace(/(, file:.*)?, line:\d+, col:\d+$/s, '')}`, { where })
}

/** The names that are where this one was looked for: `server.port` and the like for `server.prot`. */
const namesBeside = (name: string, values: object): readonly string[] => {
  const parts = name.split('.')
  let at: unknown = values
  for (const part of parts.slice(0, -1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return []
    at = (at as Readonly<Record<string, unknown>>)[part]
  }
  if (typeof at !== 'object' || at === null) return []
  return Object.keys(at).map((key) => [...parts.slice(0, -1), key].join('.'))
}
