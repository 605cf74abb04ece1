import { AsyncLocalStorage } from 'node:async_hooks'
import { ShipitError, usageError } from '../values/errors.ts'
import { isPromise } from '../values/promise.ts'
import { deferred, secret } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'

export interface Env {
  /** The value of the variable. If it is unset or empty, an error names it, together with all others that are missing. */
  (name: string): string
  /** The value, or the fallback if the variable is unset or empty. A fallback function is called only then: `env('A', () => env('B'))`. */
  <T>(name: string, fallback: T | (() => T)): string | T
  /** The value of the first variable that is set. If none is, an error names them all. */
  first(...names: readonly [string, ...string[]]): string
  /** The value as a secret: usable in commands, never printed. In a config, a missing one is an error only if a command needs it. */
  secret(name: string): Secret
  /** A whole number. */
  int(name: string, fallback?: number): number
  /** `1`, `true`, `yes`, `on` are true; `0`, `false`, `no`, `off` and an unset variable are false. */
  flag(name: string): boolean
  /** Parsed JSON; not checked against `T`. */
  json<T>(name: string, fallback?: T): T
}

/** What was wrong with the environment during an evaluation. */
interface Wanted {
  /** by name: how many places read it while it was not set */
  readonly missing: Map<string, number>
  readonly wrong: Map<string, string>
  /** all names, in the order they were read */
  readonly met: Set<string>
}
const nothing = (): Wanted => ({ missing: new Map(), wrong: new Map(), met: new Set() })
const isWrong = ({ missing, wrong }: Wanted): boolean => missing.size + wrong.size > 0

let wanted: Wanted | undefined
/** for one setting, whose code may be asynchronous */
const own = new AsyncLocalStorage<Wanted>()
const current = (): Wanted | undefined => own.getStore() ?? wanted

let lacking = false
/** Whether any variable was missing that nothing has needed yet. */
export const lacksVariables = (): boolean => lacking

/**
 * Runs `evaluate`, then reports all missing and wrong variables in one error. A missing variable does not throw at once: a text stands in
 * for it, so that templates go on to the next one. An error that `evaluate` throws meanwhile counts as a consequence.
 */
export const collectingEnv = async <T>(evaluate: () => T | Promise<T>): Promise<T> => {
  if (wanted) return await evaluate()
  const mine = (wanted = nothing())
  try {
    return clean(mine, await evaluate())
  } catch (error) {
    throw worse(mine, error)
  } finally {
    wanted = undefined
  }
}

/** The same for synchronous code. Its error stays separate, even inside another evaluation. */
export const collectingNow = <T>(evaluate: () => T): T => {
  const mine = nothing()
  try {
    return clean(mine, own.run(mine, evaluate))
  } catch (error) {
    throw worse(mine, error)
  }
}

/**
 * The same for one setting: variables that its code lacks become an error of that setting, reported to whatever needs it. `through`:
 * whether a thrown value is not an error, and passes through.
 */
export const collectingOwn = (evaluate: () => unknown, through: (error: unknown) => boolean): unknown => {
  const mine = nothing()
  const bad = (error: unknown): never => {
    throw through(error) ? error : worse(mine, error)
  }
  try {
    const made = own.run(mine, evaluate)
    return isPromise(made) ? made.then((value) => clean(mine, value), bad) : clean(mine, made)
  } catch (error) {
    return bad(error)
  }
}

const clean = <T>(mine: Wanted, value: T): T => {
  if (isWrong(mine)) throw complaint(mine)
  return value
}

const worse = (mine: Wanted, error: unknown): unknown => {
  const told = lackOf(error)
  if (told) join(mine, told)
  return isWrong(mine) ? complaint(mine, told ? undefined : error) : error
}

const join = (into: Wanted, more: Wanted): void => {
  for (const name of more.met) into.met.add(name)
  for (const [name, count] of more.missing) into.missing.set(name, (into.missing.get(name) ?? 0) + count)
  for (const [name, why] of more.wrong) into.wrong.set(name, why)
}

/** Whether an error is about missing or wrong variables. */
export const isLackOfEnv = (error: unknown): error is ShipitError => lackOf(error) !== undefined

/** Notes that there are such errors that nothing has needed yet. */
export const toldLater = (): void => {
  lacking = true
}

/**
 * Called when something needs a variable that such an error is about. Throws the error; or, while errors are collected, adds it to them and
 * returns a text that stands in for the variable.
 */
export const needed = (error: ShipitError): string => {
  const mine = current()
  const told = lackOf(error)!
  if (!mine) throw error
  join(mine, told)
  return standIn([...told.met][0] ?? 'a variable')
}

const read = (name: string): string | undefined => process.env[name] || undefined

const one = (name: string, why?: string): Wanted => {
  const lack = { ...nothing(), met: new Set([name]) }
  if (why === undefined) lack.missing.set(name, 1)
  else lack.wrong.set(name, why)
  return lack
}

const absent = (name: string): string => needed(complaint(one(name)))

// joins alternatives, one of which is enough
const OR = ' or '

const standIn = (name: string): string => `(${name} is not set)`

/** In a config, a missing secret is an error only for the command that needs it. */
const absentSecret = (name: string): Secret => {
  const error = complaint(one(name))
  if (!current()) throw error
  toldLater()
  return deferred(() => needed(error))
}

/** `env('A', env('B'))` reads B first, and notes it if it is missing. Forgets and returns that name; undefined for any other fallback. */
const forgetMissing = (fallback: unknown): string | undefined => {
  const mine = current()
  const found = [...(mine?.missing ?? [])].find(([name]) => standIn(name) === fallback)
  if (!found) return undefined
  const [name, count] = found
  if (count > 1) mine?.missing.set(name, count - 1)
  else mine?.missing.delete(name)
  return name
}

const refuse = (name: string, why: string): void => void needed(complaint(one(name, why)))

const plain = (...given: [name: string, fallback?: unknown]): unknown => {
  const [name, fallback] = given
  const value = read(name)
  if (value !== undefined) return (forgetMissing(fallback), value)
  if (given.length < 2) return absent(name)
  const other: unknown = typeof fallback === 'function' ? (fallback as () => unknown)() : fallback
  const missing = forgetMissing(other)
  return missing === undefined ? other : absent(`${name}${OR}${missing}`)
}

export const env: Env = Object.assign(plain as Env, {
  first: (...names: readonly [string, ...string[]]): string =>
    names.map(read).find((value) => value !== undefined) ?? absent(names.join(OR)),
  secret: (name: string): Secret => {
    const value = read(name)
    return value === undefined ? absentSecret(name) : secret(value)
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

const complaints = new WeakMap<object, Wanted>()
const lackOf = (error: unknown): Wanted | undefined => (error instanceof ShipitError ? complaints.get(error) : undefined)

const complaint = (lack: Wanted, cause?: unknown): ShipitError => {
  const { missing, wrong, met } = lack
  const parts = [...wrong].map(([name, why]) => `${name} ${why}`)
  const names = [...met].filter((name) => missing.has(name))
  if (names.length === 1) parts.unshift(`the environment variable ${names[0]} is not set`)
  if (names.length > 1) parts.unshift(`environment variables are not set: ${names.join(', ')}`)
  const hint =
    names.length > 0
      ? `the config reads ${names.length === 1 ? 'it' : 'them'} with env(): export ${names.map((name) => `${name.split(OR)[0]!}=…`).join(' ')}`
      : undefined
  const error = usageError(parts.join('; '), { hint, cause })
  complaints.set(error, lack)
  return error
}
