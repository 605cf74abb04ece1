/** The candidate that a person most likely meant, or undefined when none is near (Damerau-Levenshtein, a third of the length). */
const nearest = (typed: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1
  for (const candidate of candidates) {
    const d = distance(typed.toLowerCase(), candidate.toLowerCase())
    if (d < least) [best, least] = [candidate, d]
  }
  return best
}

/** ` (did you mean "x"?)` or nothing: to end a sentence with. */
export const didYouMean = (typed: string, candidates: Iterable<string>): string => {
  const name = nearest(typed, candidates)
  return name === undefined ? '' : ` (did you mean "${name}"?)`
}

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
