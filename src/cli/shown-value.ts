import { isPathList } from '../shell/env.ts'
import { isPath } from '../values/path.ts'
import { isSecret, maskedText } from '../values/secret.ts'

/** Plain data that may be printed in place of a value: secrets are masked, and what is not data is named. `clean` masks each text. */
export const shownData = (value: unknown, clean: (text: string) => string): unknown => {
  if (typeof value === 'string') return clean(value)
  if (value === null || Number.isFinite(value) || typeof value === 'boolean') return value
  if (isSecret(value)) return clean(maskedText(value))
  if (isPath(value)) return clean(String(value))
  if (Array.isArray(value)) return Array.from(value, (one: unknown) => shownData(one ?? null, clean))
  if (isPathList(value)) {
    const own = clean(`${value.side}(${value.dirs.join(', ')})`)
    return value.over === undefined ? own : `${own}, ${value.side === 'prepend' ? 'before' : 'after'} ${shownText(value.over, clean)}`
  }
  if (value instanceof Date || value instanceof RegExp || typeof value === 'bigint' || typeof value === 'number')
    return clean(String(value))
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined)
    return Object.fromEntries(entries.map(([key, one]) => [clean(key), shownData(one, clean)]))
  }
  return `(${typeof value === 'function' ? 'a function' : 'an object'})`
}

/** The same as one line of text: a text as it is, if that can be read unambiguously, and everything else as JSON. */
export const shownText = (value: unknown, clean: (text: string) => string): string => {
  const data = shownData(value, clean)
  if (typeof data === 'string' && /^\S(?:[^\n]*\S)?$/.test(data)) return data
  return typeof data === 'object' && data !== null ? spaced(data) : JSON.stringify(data)
}

/** JSON with spaces, where a terminal may break the line. */
const spaced = (data: object): string => {
  if (Array.isArray(data)) return `[${data.map(part).join(', ')}]`
  const entries = Object.entries(data).map(([key, one]) => `${/^\w+$/.test(key) ? key : JSON.stringify(key)}: ${part(one)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

const part = (data: unknown): string => (typeof data === 'object' && data !== null ? spaced(data) : JSON.stringify(data))
