import { isPath } from '../values/path.ts'
import { isSecret, MASK, reveal } from '../values/secret.ts'

/** How a template sees its data, and whether it has read a secret. */
export interface TemplateData {
  readonly values: object
  readonly readSecret: () => boolean
}

/** A value that a template cannot print, or that its data cannot hold: in words that follow the name of the value. */
export class Unprintable extends Error {}

/**
 * The data of a template: text, numbers and booleans as they are, paths as text, times in ISO 8601, and secrets as `[secret]` or as their
 * value. A value is looked at when the template reads it, so that a variable that is not set matters only then. A function does not exist
 * for a template. Throws {@link Unprintable}, in the template, for what has no place in a text.
 */
export const templateData = (data: object, secrets: 'mask' | 'reveal'): TemplateData => {
  let read = false
  const convert = (value: unknown): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol') return undefined
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    if (isSecret(value)) {
      read = true
      return secrets === 'mask' ? MASK : reveal(value)
    }
    if (isPath(value)) return pathText(String(value))
    if (value instanceof Date) return value.toISOString()
    if (Array.isArray(value)) return value.map(convert)
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
    if (kind !== 'Object') throw new Unprintable(`is a ${kind}: give text, numbers, booleans, lists and plain objects`)
    return withGetters(value)
  }
  const withGetters = (value: object): object => {
    const seen = {}
    for (const key of Object.keys(value))
      Object.defineProperty(seen, key, { enumerable: true, get: () => convert((value as Readonly<Record<string, unknown>>)[key]) })
    return seen
  }
  return { values: withGetters(data), readSecret: () => read }
}

/** A program that reads a file gets a `~` as it is. */
const pathText = (path: string): string => {
  if (/^~(\/|$)/.test(path))
    throw new Unprintable(`is ${path}, and ~ means nothing in a file: give an absolute path, such as deployTo: '/srv/shop'`)
  return path
}

/** The text of a value in a file. Throws {@link Unprintable} for a value without one obvious text form. */
export const printed = (value: unknown): string => {
  if (typeof value === 'string') {
    if (value.includes('[object Object]'))
      throw new Unprintable('has an object where text belongs: name one of its values, or use `| json`')
    return value
  }
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
  if (value === null || value === undefined) throw new Unprintable('is null: give it a value, or one for this case: `| default: …`')
  if (typeof value === 'number') throw new Unprintable(`is ${value}`)
  if (Array.isArray(value)) throw new Unprintable('is a list: use `| join: …`, or a loop')
  throw new Unprintable('is an object: name one of its values, or use `| json`')
}
