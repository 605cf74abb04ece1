import { HIDDEN } from './clean.ts'

/** The text with control characters, and those that change the writing direction, as numbers: `\x1b`, `\u202e`. Lines and tabs stay. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, (char) => {
    const digits = char.charCodeAt(0).toString(16)
    return digits.length > 2 ? `\\u${digits.padStart(4, '0')}` : `\\x${digits.padStart(2, '0')}`
  })

const INVISIBLE = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f${HIDDEN}]`, 'g')
