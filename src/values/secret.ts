import { inspect } from 'node:util'
import { ShipitError, usageError } from './errors.ts'
import { isPath, type Path } from './path.ts'

/**
 * A value that must never be printed. It is opaque: only `src/shell`, `src/config`, and `reveal` in a task with `run` open it. Turning it
 * into a string, with a template literal, `+`, `String()`, `join` or `JSON.stringify`, throws. A debugger and `util.inspect` show `[secret]`.
 */
export interface Secret {
  readonly __secret: true
}

/** Shown in place of a secret. */
export const MASK = '[secret]'

interface Hidden {
  readonly value: string
  /** the value with `[secret]` in place of every secret */
  readonly masked: string
}
const values = new WeakMap<object, Hidden>()
const secretValues = new Set<string>()

/** Wraps `value` so that it can be used in commands and is shown as `[secret]` everywhere else. Throws on an empty string. */
export const secret = (value: string): Secret => {
  if (isSecret(value)) return value
  if (value === undefined)
    throw new TypeError(
      "secret() needs a string, and got undefined. For a variable of the environment, env.secret('NAME') names the one that is not set",
    )
  if (typeof value !== 'string') throw new TypeError(`secret() needs a string, and got ${value === null ? 'null' : typeof value}`)
  if (value === '') throw new TypeError('secret(): the value is empty')
  secretValues.add(value)
  return opaque({ value, masked: MASK })
}

/** A secret whose value is not known yet. `value` returns it, or throws, when a command needs it. */
export const deferred = (value: () => string): Secret =>
  opaque({
    get value() {
      return value()
    },
    masked: MASK,
  })

/** The value of a `${…}` in {@link text}. */
export type TextValue = string | number | Path | Secret

/**
 * Text in which secrets stay secrets: ``text`PASSWORD=${password}\n` ``. Use it wherever a secret works (`write()`, `.env()`, a word of
 * `sh`): the server gets the real bytes, `plan --full` shows `PASSWORD=[secret]`. The text keeps its indentation, and its escapes are those
 * of JavaScript. Throws a ShipitError for a value without one obvious text form.
 */
export const text = (template: TemplateStringsArray, ...given: readonly TextValue[]): Secret => {
  const parts = given.map(hiddenOf)
  const join = (of: (part: Hidden) => string): string =>
    template.map((literal, i) => (i === 0 ? literal : of(parts[i - 1]!) + literal)).join('')
  return secretText(
    join((part) => part.masked),
    () => join((part) => part.value),
  )
}

/** A text with secrets in it. `masked` has `[secret]` in their place; `value` returns the text, or throws, when a command needs it. */
export const secretText = (masked: string, value: () => string): Secret =>
  opaque({
    get value() {
      return value()
    },
    masked,
  })

export const isSecret = (value: unknown): value is Secret => typeof value === 'object' && value !== null && values.has(value)

/** Whether a value holds anything to hide. A {@link text} may hold no secret. */
export const holdsSecret = (value: unknown): boolean => isSecret(value) && (!isSecretText(value) || maskedText(value) !== reveal(value))

/** The value itself. For the shell compiler and the config, never for anything that prints. */
export const reveal = (value: Secret): string => values.get(value)!.value

/** What may be shown in place of a secret: `[secret]`, or the text with `[secret]` for every secret in it. */
export const maskedText = (value: Secret): string => values.get(value)!.masked

/** Whether a secret is a {@link text} with words around its secrets. */
export const isSecretText = (value: Secret): boolean => maskedText(value) !== MASK

/**
 * Returns `after`, as a secret if it replaces one: a secret, a function that makes one, or either of them inside a map. Only texts and
 * numbers become secrets.
 */
export const asSecretIfReplaced = (before: unknown, after: unknown): unknown => {
  if (isPlain(before) && isPlain(after)) {
    const entries = Object.entries(after).map(([key, value]) => [key, asSecretIfReplaced(before[key], value)] as const)
    // the same object if nothing changes: its contents may be recognised by identity
    return entries.some(([key, value]) => value !== after[key]) ? Object.fromEntries(entries) : after
  }
  const hidden = isSecret(before) || (typeof before === 'function' && /\bsecret\s*\(/i.test(Function.prototype.toString.call(before)))
  return hidden && (typeof after === 'string' || typeof after === 'number') && after !== '' ? secret(`${after}`) : after
}
const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype && !isSecret(value)

/** Throws if a text to be shown, such as a title, is a secret: `.title() is shown, and cannot be a secret`. */
export const refuseSecret = (what: string, given: unknown): void => {
  if (isSecret(given)) throw usageError(`${what} is shown, and cannot be a secret`, { hint: 'name what it is for, not its value' })
}

/** Every value that was wrapped in this process. Redaction looks for these. */
export const knownSecrets = (): ReadonlySet<string> => secretValues

const opaque = (hidden: Hidden): Secret => {
  const made: Secret & Record<PropertyKey, unknown> = { __secret: true }
  const property = (value: unknown) => ({ value, enumerable: false })
  Object.defineProperties(made, {
    toString: property(refuse('a string')),
    valueOf: property(refuse('a string')),
    [Symbol.toPrimitive]: property(refuse('a string')),
    toLocaleString: property(refuse('a string')),
    toJSON: property(refuse('JSON')),
    [inspect.custom]: property(() => hidden.masked),
  })
  Object.freeze(made)
  values.set(made, hidden)
  return made
}

/** The stack begins in the code that makes the string, so that the error names that line. */
const refuse = (what: string) => (): never => {
  throw new ShipitError(`a secret was turned into ${what}, where it would be lost or shown`, { hint: HOW })
}

const HOW =
  'pass the secret unchanged: sh`… ${password}`, .env({ PASSWORD: password }), or write(file, text`PASSWORD=${password}`), with text from shipit-ts; reveal(password) in a task with run, for a library'

const hiddenOf = (given: TextValue, i: number): Hidden => {
  if (isSecret(given)) return values.get(given)!
  const plain = isPath(given) ? given.toString() : given
  if (typeof plain === 'string' || (typeof plain === 'number' && Number.isFinite(plain))) return { value: `${plain}`, masked: `${plain}` }
  const what = plain === null || plain === undefined || typeof plain === 'number' ? String(plain) : `of type ${typeof plain}`
  throw usageError(`interpolation ${i + 1} of text\`…\` is ${what}`, {
    hint: 'interpolate text, a number, a path, a secret or another text`…`; join a list first',
  })
}
