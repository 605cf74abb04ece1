import { inspect } from 'node:util'

/** A value that must never be printed. It is opaque: only `src/shell` and the transport reveal it. */
export interface Secret {
  readonly __secret: true
}

const values = new WeakMap<Secret, string>()
const known = new Set<string>()

/** Wraps `value` so that it can be used in commands and is shown as `[secret]` everywhere else. Throws on an empty string. */
export const secret = (value: string): Secret => {
  if (value === '') throw new TypeError('secret(): the value is empty')
  const show = () => '[secret]'
  const made: Secret & Record<PropertyKey, unknown> = { __secret: true }
  Object.defineProperties(made, {
    toString: { value: show },
    toJSON: { value: show },
    [inspect.custom]: { value: show },
  })
  Object.freeze(made)
  values.set(made, value)
  known.add(value)
  return made
}

export const isSecret = (value: unknown): value is Secret => typeof value === 'object' && value !== null && values.has(value as Secret)

/** The value itself. Callers are the shell compiler and nothing that prints. */
export const reveal = (value: Secret): string => values.get(value)!

/** Every value that was wrapped in this process: what redaction looks for. */
export const knownSecrets = (): ReadonlySet<string> => known
