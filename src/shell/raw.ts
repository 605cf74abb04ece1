import type { Raw } from './types.ts'

const texts = new WeakMap<object, string>()

/** Shell text taken as it is: the one way around quoting. It counts as part of the template it stands in. */
export const raw = (text: string): Raw => {
  if (typeof text !== 'string') throw new TypeError(`raw() takes text, not ${typeof text}`)
  const made: Raw = Object.freeze({ __raw: true as const })
  texts.set(made, text)
  return made
}

export const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && texts.has(value)

export const rawText = (value: Raw): string => texts.get(value)!
