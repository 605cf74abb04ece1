import type { Encodings } from './encodings.ts'
import type { Needle } from './needles.ts'

// A part of a secret gives it away too, whether the secret was wrapped or cut off, or a tool shows only a part of it. A part is masked only
// if it looks like nothing else that a program would print.

/** The forms whose parts are masked anywhere in a line, and how long a part must be. */
export const partsOf = ({ plain, base64, hex }: Encodings): Needle[] => {
  const parts: Needle[] = []
  const add = (text: string, least: number, fits?: (part: string) => boolean): void => {
    if (text.length >= least) parts.push({ text, least, ...(fits && { fits }) })
  }
  for (const text of base64) add(text, 8)
  for (const [least, forms] of hex) for (const text of forms) add(text, least)
  for (const text of plain) {
    if (isAddress(text)) continue
    for (const [token] of text.matchAll(/[A-Za-z0-9+/_=-]{16,}/g)) if (isRandom(token)) add(token, 10, isOdd)
    if (text.length >= 8) add(text, Math.max(6, Math.ceil(text.length * 0.75)))
  }
  return parts
}

/** The lengths of the short parts that are masked only where a line ends or begins with them. */
export const EDGE = { least: 4, most: 9 } as const

/** The beginnings of forms that a line may end with, and the ends of forms that a line may begin with. */
export const edgesOf = ({ plain, base64 }: Encodings): { readonly tails: ReadonlySet<string>; readonly heads: ReadonlySet<string> } => {
  const tails = new Set<string>()
  const heads = new Set<string>()
  for (const text of [...base64, ...[...plain].filter((one) => one.length >= 8 && !isAddress(one))]) {
    for (let length = EDGE.least; length <= Math.min(EDGE.most, text.length - 1); length++) {
      if (isOdd(text.slice(0, length))) tails.add(text.slice(0, length))
      if (isOdd(text.slice(-length))) heads.add(text.slice(-length))
    }
  }
  return { tails, heads }
}

/** How many first characters of a secret are masked at the end of a line, whatever they look like. */
export const revealingLength = (text: string): number => Math.max(8, Math.ceil(text.length / 2))

/** Not a word and not a number: letters and digits together, or capitals in the middle. */
const isOdd = (part: string): boolean => (/\d/.test(part) && /[A-Za-z]/.test(part)) || /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(part)
const isAddress = (text: string): boolean => text.includes('://')
const isRandom = (token: string): boolean => (token.match(/\d/g)?.length ?? 0) >= 3 && (token.match(/[A-Za-z]/g)?.length ?? 0) >= 3
