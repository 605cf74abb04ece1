import { count } from '../values/count.ts'
import { secret } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'
import { isAsked, type Asked } from './ask.ts'
import { fileVariable, readEnvFile } from './env-file.ts'
import { forgetMissing, missingSecret, missingVariable, OR, reportWrong } from './env-issues.ts'

export interface Env {
  /** The value of the variable. If it is unset or empty, an error names it, together with all others that are missing. */
  (name: string): string
  /** The value, or the question if the variable is unset or empty: `branch: env('BRANCH', ask('branch'))`. */
  <T extends string>(name: string, question: Asked<T>): string | Asked<T>
  /** The value, or the fallback if the variable is unset or empty. A fallback function is called only then: `env('A', () => env('B'))`. */
  <T>(name: string, fallback: T | (() => T)): string | T
  /** The value of the first variable that is set. If none is, an error names them all. */
  first(...names: readonly [string, ...string[]]): string
  /** The value as a secret: usable in commands, never printed. In a config, a missing one is an error only if a command needs it. */
  secret(name: string): Secret
  /** A whole number. */
  int(name: string, fallback?: number): number
  /** `1`, `true`, `yes`, `on` are true; `0`, `false`, `no`, `off` and an unset or empty variable are false. Anything else is an error. */
  flag(name: string): boolean
  /** Parsed JSON; not checked against `T`. An error names the place of the mistake, never the text. */
  json<T>(name: string, fallback?: T): T
  /**
   * Reads variables from a file such as `.env.deploy`, for the calls of `env` after it. What the environment sets wins, then the file that
   * was read first. A relative path starts at the config. A missing file is an error, unless it is `optional`; so is one that other accounts
   * can read or write.
   */
  file(path: string, o?: { readonly optional?: boolean }): void
}

const read = (name: string): string | undefined => (process.env[name] ?? fileVariable(name)?.value) || undefined

/** What is wrong with a value. That of a file is not quoted: such files hold secrets. */
const wrongValue = (name: string, text: string): string => {
  const file = process.env[name] === undefined ? fileVariable(name)?.file : undefined
  return file === undefined ? `is ${JSON.stringify(text)}` : `has a wrong value in ${file}`
}

/**
 * Where text stops being JSON. The parser's own message quotes the text, which may be a secret, and often has no position. So this looks for
 * the shortest beginning of the text that no end could make valid.
 */
const placeOfMistake = (text: string): string => {
  if (mayGoOn(text)) return `it ends too early, after ${count(text.length, 'character')}`
  let [good, bad] = [0, text.length]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (mayGoOn(text.slice(0, middle))) good = middle
    else bad = middle
  }
  const lines = text.slice(0, good).split('\n')
  return `the mistake is at ${lines.length > 1 ? `line ${lines.length}, ` : ''}character ${lines.at(-1)!.length + 1}`
}

/** Whether a text is the beginning of JSON: valid, or wrong only where it ends. */
const mayGoOn = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const { message } = error as Error
    const [, position] = / at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message) ?? []
    return position === undefined ? message.startsWith('Unexpected end of JSON') : Number(position) >= text.length
  }
}

const plain = (...given: [name: string, fallback?: unknown]): unknown => {
  const [name, fallback] = given
  const value = read(name)
  if (value !== undefined) return (forgetMissing(fallback), value)
  if (given.length < 2) return missingVariable(name)
  // a setting of its own
  if (isAsked(fallback)) return fallback
  const other: unknown = typeof fallback === 'function' ? (fallback as () => unknown)() : fallback
  const missing = forgetMissing(other)
  return missing === undefined ? other : missingVariable(`${name}${OR}${missing}`)
}

export const env: Env = Object.assign(plain as Env, {
  first: (...names: readonly [string, ...string[]]): string =>
    names.map(read).find((value) => value !== undefined) ?? missingVariable(names.join(OR), 'env.first()'),
  secret: (name: string): Secret => {
    const value = read(name)
    return value === undefined ? missingSecret(name) : secret(value)
  },
  int: (...given: [name: string, fallback?: number]): number => {
    const [name, fallback] = given
    const text = read(name)
    if (text !== undefined && /^-?\d{1,15}$/.test(text)) return Number(text)
    if (text !== undefined) reportWrong(name, `${wrongValue(name, text)}: write a whole number`)
    else if (fallback === undefined) missingVariable(name, 'env.int()')
    return fallback ?? 0
  },
  flag: (name: string): boolean => {
    const text = (read(name) ?? 'false').toLowerCase()
    if (/^(1|true|yes|on)$/.test(text)) return true
    if (!/^(0|false|no|off)$/.test(text)) reportWrong(name, `${wrongValue(name, text)}: write 1, true, yes or on, or 0, false, no or off`)
    return false
  },
  json: <T>(...given: [name: string, fallback?: T]): T => {
    const [name, fallback] = given
    const text = read(name)
    if (text === undefined && given.length < 2) missingVariable(name, 'env.json()')
    if (text === undefined) return fallback as T
    try {
      return JSON.parse(text) as T
    } catch {
      reportWrong(name, `is not JSON: ${placeOfMistake(text)}`)
      return fallback as T
    }
  },
  file: readEnvFile,
})
