import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

// Loaded before a program (`--import`): writes to its stderr, as the last lines, where each zod schema was built and which files were loaded.
// zod calls `postProcessor` for each schema, in every copy of it.

/** The argument for `node` that loads this file first. */
export const COUNTING = `--import=${import.meta.url}`

/** Schemas that a program built, by the file of this repository, or of `dist`, that asked for them; the program was run with {@link COUNTING}. */
export const schemasIn = (stderr: string): Readonly<Record<string, number>> =>
  JSON.parse(/^schemas: (.*)$/m.exec(stderr)?.[1] ?? '{}') as Record<string, number>

/** The files that it loaded. */
export const filesIn = (stderr: string): readonly string[] => JSON.parse(/^files: (.*)$/m.exec(stderr)?.[1] ?? '[]') as string[]

const shortened = (file: string): string => file.replace(/^.*\/((?:src|recipes|dist)\/.*)$/, '$1')

if (process.execArgv.includes(COUNTING)) {
  const built: Record<string, number> = {}
  const postProcessor = (): void => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = Infinity
    const stack = new Error().stack ?? ''
    Error.stackTraceLimit = limit
    const files = [...stack.matchAll(/file:\/\/[^:)]+/g)].map(([url]) => fileURLToPath(url))
    const file = files.find((one) => !/\/node_modules\/zod\/|\/dist\/(?:schemas|zod)-|\/test\/support\/schemas/.test(one)) ?? ''
    const name = shortened(file)
    built[name] = (built[name] ?? 0) + 1
  }
  Object.assign(globalThis, { __zod_globalConfig: { postProcessor } })
  const loaded = new Set<string>()
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:')) loaded.add(shortened(fileURLToPath(url)))
      return next(url, context)
    },
  })
  process.on('exit', () => writeSync(2, `schemas: ${JSON.stringify(built)}\nfiles: ${JSON.stringify([...loaded])}\n`))
}
