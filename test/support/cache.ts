import { resolve } from 'node:path'

/**
 * For the environment of every process that runs from source: one cache of compiled code for all. The command line keeps its own in the
 * user's home, and most tests give it a home that is empty: it would compile itself anew each time, which takes longer than most commands.
 */
export const COMPILED = { NODE_COMPILE_CACHE: resolve(import.meta.dirname, '../../node_modules/.cache/tests') } as const
