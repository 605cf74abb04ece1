import type { Raw } from './types.ts'

const texts = new WeakMap<object, string>()

/** Shell text that is not quoted: the only way around quoting. It becomes part of the template around it. */
export const raw = (text: string): Raw => {
  if (typeof text !== 'string') throw new TypeError(`raw() takes text, not ${typeof text}`)
  const made: Raw = Object.freeze({ __raw: true as const })
  texts.set(made, text)
  return made
}

export const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && texts.has(value)

export const rawText = (value: Raw): string => texts.get(value)!
