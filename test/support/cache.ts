import { resolve } from 'node:path'

/**
 * For the environment of every process that runs from source: one cache of compiled code. The command line keeps its cache in the user's
 * home, which is empty in most tests: shipit would compile itself again each time, which takes longer than most commands.
 */
export const COMPILED = { NODE_COMPILE_CACHE: resolve(import.meta.dirname, '../../node_modules/.cache/tests') } as const
