import { fileURLToPath } from 'node:url'
import { usageError } from '../values/errors.ts'
import type { ShipitError } from '../values/errors.ts'
import { showLocation } from '../errors/source-location.ts'
import { missingExport } from './import-mistakes.ts'

/** The error for a module that cannot be parsed or linked, with its line; undefined for any other error. */
export const syntaxMistake = async (error: unknown, file: string, text: string): Promise<ShipitError | undefined> => {
  if (!(error instanceof SyntaxError)) return undefined
  const code = (error as NodeJS.ErrnoException).code
  // a SyntaxError with a frame in the config was thrown by its code: JSON.parse and the like
  if (code === undefined && !/^\s+at .*node:internal\/(modules|vm)/m.test(firstFrame(error.stack ?? ''))) return undefined
  const where = fromHeader(error.stack ?? '') ?? (await fromParser(file, text)) ?? showLocation(file)
  const misplaced = await missingExport(error)
  if (misplaced !== undefined) return usageError(misplaced, { where, cause: error })
  if (code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return usageError(`syntax error: ${error.message}`, { where, cause: error })
  const what = error.message.replace(/ is not supported in strip-only mode.*$/s, '')
  return usageError(`${what} is not supported in a config: Node removes types and compiles nothing`, {
    where,
    hint: /enum/.test(what)
      ? 'write a const object instead: const Size = { small: 1 } as const'
      : 'write it in plain JavaScript with types',
    cause: error,
  })
}

const firstFrame = (stack: string): string => /^\s+at .*$/m.exec(stack)?.[0] ?? ''

/** Node puts `/path/file.ts:3` above the message if it knows the line. */
const fromHeader = (stack: string): string | undefined => {
  const match = /^(file:\/\/\S+|\/.*?):(\d+)$/m.exec(stack.split('\n', 1)[0]!)
  if (!match) return undefined
  return showLocation(match[1]!.startsWith('file:') ? fileURLToPath(match[1]!) : match[1]!, Number(match[2]))
}

const fromParser = async (file: string, text: string): Promise<string | undefined> => {
  if (/\.m?ts$/.test(file)) return undefined
  const { parse } = await import('acorn')
  try {
    parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true })
    return undefined
  } catch (error) {
    return showLocation(file, (error as { loc?: { line: number } }).loc?.line)
  }
}
