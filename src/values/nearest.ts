/** The candidate that the user most likely meant, or undefined if none is near (Damerau-Levenshtein, a third of the length). */
export const nearest = (typed: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1
  for (const candidate of candidates) {
    const d = distance(typed.toLowerCase(), candidate.toLowerCase())
    if (d < least) [best, least] = [candidate, d]
  }
  return best
}

/**
 * The candidate that was abbreviated (`prod` or `prd` for `production`), or that abbreviates what was typed; undefined if it is ambiguous.
 * A candidate that begins with what was typed is preferred to one that only has its letters in order.
 */
const abbreviated = (typed: string, candidates: readonly string[]): string | undefined => {
  const word = typed.toLowerCase()
  if (word.length < 2) return undefined
  const among = (fits: (candidate: string) => boolean) => {
    const matches = candidates.filter((candidate) => candidate.length > 1 && fits(candidate.toLowerCase()))
    // between production and production-eu, the first is meant
    return matches.find((one) => matches.every((other) => other.startsWith(one)))
  }
  return (
    among((name) => name.startsWith(word)) ??
    among((name) => word.startsWith(name)) ??
    among((name) => hasLetters(name, word) || hasLetters(word, name)) ??
    (word.length < 5 ? undefined : among((name) => name.startsWith(word.slice(0, -1))))
  )
}

/** Whether `long` begins with the first letter of `short` and has the others in order. */
const hasLetters = (long: string, short: string): boolean => {
  if (long[0] !== short[0]) return false
  let at = 0
  for (const letter of long) if (letter === short[at]) at++
  return at === short.length
}

/** The stage that the user most likely meant by a mistyped or abbreviated name. */
export const nearestStage = (typed: string, stages: readonly string[]): string | undefined =>
  nearest(typed, stages) ?? abbreviated(typed, stages)

/** The end of a sentence: ` (did you mean "x"?)`, or nothing. */
export const didYouMean = (typed: string, candidates: Iterable<string>): string => suggestion(nearest(typed, candidates))

/** The same for a candidate that is already known. */
export const suggestion = (name: string | undefined): string => (name === undefined ? '' : ` (did you mean "${name}"?)`)

const distance = (a: string, b: string): number => {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1), swap)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
