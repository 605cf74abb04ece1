import { createRedactor } from './redact.ts'

const redactor = createRedactor()

/**
 * The text with every secret of this process masked. Code that cuts a text, or changes its whitespace, calls this first: afterwards nothing
 * recognizes a part of a secret, or a secret with other whitespace.
 */
export const masked = (text: string): string => redactor.text(text)

/** The text, masked first, or its beginning and `…` if it is longer than `most`. Never cuts a surrogate pair. */
export const excerpt = (text: string, most: number): string => {
  const whole = masked(text)
  return whole.length > most ? `${whole.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : whole
}
