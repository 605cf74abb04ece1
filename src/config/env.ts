import { ShipitError, usageError } from '../values/errors.ts'
import { secret, text } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'

export interface Env {
  /** The variable's value. Unset, or set to nothing: an error that names it, together with all the others that are missing. */
  (name: string): string
  /** … or the fallback where it is unset or set to nothing. One that is computed is called only then: `env('A', () => env('B'))`. */
  <T>(name: string, fallback: T | (() => T)): string | T
  /** The value of the first that is set. None: an error that names the last. */
  first(...names: readonly [string, ...string[]]): string
  /** The value as a secret: usable in commands, printed nowhere. */
  secret(name: string): Secret
  /** A whole number. */
  int(name: string, fallback?: number): number
  /** `1`, `true`, `yes`, `on` are true; `0`, `false`, `no`, `off` and an unset variable are false. */
  flag(name: string): boolean
  /** Parsed JSON; not checked against `T`. */
  json<T>(name: string, fallback?: T): T
}

/** What was wrong with the environment while a config was evaluated. */
interface Wanted {
  /** by name: how many places read it while it was not set */
  readonly missing: Map<string, number>
  readonly wrong: Map<string, string>
}
let wanted: Wanted | undefined

/**
 * Runs `evaluate` and then reports every variable that it asked for in vain, in one error: a missing variable does not throw on the spot,
 * but stands in as a text, so that templates go on to the next one. What `evaluate` threw meanwhile is taken for a consequence.
 */
export const collectingEnv = async <T>(evaluate: () => T | Promise<T>): Promise<T> => {
  if (wanted) return await evaluate()
  const mine: Wanted = (wanted = { missing: new Map(), wrong: new Map() })
  try {
    const value = await evaluate()
    if (mine.missing.size + mine.wrong.size > 0) throw complaint(mine)
    return value
  } catch (error) {
    throw mine.missing.size + mine.wrong.size > 0 && !isComplaint(error) ? complaint(mine, error) : error
  } finally {
    wanted = undefined
  }
}

const read = (name: string): string | undefined => process.env[name] || undefined

const absent = (name: string): string => {
  if (!wanted) throw complaint({ missing: new Map([[name, 1]]), wrong: new Map() })
  wanted.missing.set(name, (wanted.missing.get(name) ?? 0) + 1)
  return standIn(name)
}

const standIn = (name: string): string => `(${name} is not set)`

/** `env('A', env('B'))` with A set: B is read before A, so a missing B was noted although it is not needed. */
const forgive = (fallback: unknown): void => {
  const found = [...(wanted?.missing ?? [])].find(([name]) => standIn(name) === fallback)
  if (!found) return
  const [name, count] = found
  if (count > 1) wanted?.missing.set(name, count - 1)
  else wanted?.missing.delete(name)
}

const refuse = (name: string, why: string): void => {
  if (!wanted) throw complaint({ missing: new Map(), wrong: new Map([[name, why]]) })
  wanted.wrong.set(name, why)
}

const plain = (...given: [name: string, fallback?: unknown]): unknown => {
  const [name, fallback] = given
  const value = read(name)
  if (value !== undefined) return (forgive(fallback), value)
  if (given.length < 2) return absent(name)
  return typeof fallback === 'function' ? (fallback as () => unknown)() : fallback
}

export const env: Env = Object.assign(plain as Env, {
  first: (...names: readonly [string, ...string[]]): string =>
    names.map(read).find((value) => value !== undefined) ?? absent(names.at(-1)!),
  secret: (name: string): Secret => {
    const value = read(name)
    // what stands in is no secret: the complaint, which has the name in the same words, is shown whole
    return value === undefined ? text`${absent(name)}` : secret(value)
  },
  int: (...given: [name: string, fallback?: number]): number => {
    const [name, fallback] = given
    const text = read(name)
    if (text !== undefined && /^-?\d{1,15}$/.test(text)) return Number(text)
    if (text !== undefined) refuse(name, `is ${JSON.stringify(text)}, not a whole number`)
    else if (fallback === undefined) absent(name)
    return fallback ?? 0
  },
  flag: (name: string): boolean => {
    const text = (read(name) ?? 'false').toLowerCase()
    if (/^(1|true|yes|on)$/.test(text)) return true
    if (!/^(0|false|no|off)$/.test(text)) refuse(name, `is ${JSON.stringify(text)}, not true or false`)
    return false
  },
  json: <T>(...given: [name: string, fallback?: T]): T => {
    const [name, fallback] = given
    const text = read(name)
    if (text === undefined && given.length < 2) absent(name)
    if (text === undefined) return fallback as T
    try {
      return JSON.parse(text) as T
    } catch {
      // the parser's message quotes the text, which may be a secret
      refuse(name, 'is not JSON')
      return fallback as T
    }
  },
})

const complaints = new WeakSet<object>()
const isComplaint = (error: unknown): boolean => error instanceof ShipitError && complaints.has(error)

const complaint = ({ missing, wrong }: Wanted, cause?: unknown): ShipitError => {
  const parts = [...wrong].map(([name, why]) => `${name} ${why}`)
  const names = [...missing.keys()]
  if (names.length === 1) parts.unshift(`the environment variable ${names[0]} is not set`)
  if (names.length > 1) parts.unshift(`environment variables are not set: ${names.join(', ')}`)
  const hint =
    names.length > 0
      ? `the config reads ${names.length === 1 ? 'it' : 'them'} with env(): export ${names.map((name) => `${name}=…`).join(' ')}`
      : undefined
  const error = usageError(parts.join('; '), { hint, cause })
  complaints.add(error)
  return error
}
