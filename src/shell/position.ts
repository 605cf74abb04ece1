import type { Part, ShValue } from './types.ts'
export const operatorOf = (parts: readonly Part[]): string | undefined => { void parts; return undefined }
export const position = (raws: readonly string[], values: readonly ShValue[]): Part[] =>
  raws.flatMap((text, i): Part[] => (i < values.length ? [{ text }, { value: values[i]! }] : [{ text }])).filter((p) => !('text' in p) || p.text !== '')
