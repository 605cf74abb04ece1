import { parseEnv } from 'node:util'

/** The names of what differs between two texts; the values are in none of them. */
export interface KeyDiff {
  readonly onlyThere: readonly string[]
  readonly onlyHere: readonly string[]
  readonly changed: readonly string[]
}

/** Compares files that are made of keys and values: environment files, YAML and JSON. Undefined for any other, and for one with a mistake. */
export const diffKeys = async (name: string, there: string, here: string): Promise<KeyDiff | undefined> => {
  const read = await readerFor(name)
  const [before, after] = [read?.(there), read?.(here)]
  if (before === undefined || after === undefined) return undefined
  return {
    onlyThere: [...before.keys()].filter((key) => !after.has(key)),
    onlyHere: [...after.keys()].filter((key) => !before.has(key)),
    changed: [...after.keys()].filter((key) => before.has(key) && before.get(key) !== after.get(key)),
  }
}

/** Whether a file with this name may be made of keys and values. */
export const hasKeys = (name: string): boolean => isEnv(name) || /\.(ya?ml|json)$/i.test(name)

const isEnv = (name: string): boolean => /(^|\/)\.env(\.[^/]*)?$|\.env$/.test(name)

type Read = (text: string) => ReadonlyMap<string, string> | undefined

const readerFor = async (name: string): Promise<Read | undefined> => {
  if (isEnv(name)) return envKeys
  if (!hasKeys(name)) return undefined
  const { parse } = await import('yaml')
  return (text) => {
    try {
      const leaves = new Map<string, string>()
      collect(parse(text, { merge: true, logLevel: 'error' }) as unknown, [], leaves)
      return leaves.has('') ? undefined : leaves
    } catch {
      return undefined
    }
  }
}

/**
 * Outside of values in quotes, a line that is neither empty, nor a comment, nor a variable makes it another kind of file: the last line of a
 * private key looks like a variable, `QwE4==`, and is no name to show.
 */
const envKeys: Read = (text) => {
  const values = parseEnv(text)
  const bare = text.replaceAll(/^(\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*)(["'`])[^]*?\2/gm, '$1')
  const odd = bare.split('\n').some((line) => line.trim() !== '' && !/^\s*(#|(export\s+)?[A-Za-z_][\w.-]*\s*=(?!=+\s*$))/.test(line))
  return odd ? undefined : new Map(Object.entries(values).map(([key, value]) => [key, value ?? '']))
}

const collect = (value: unknown, path: readonly string[], leaves: Map<string, string>): void => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return void leaves.set(path.join('.'), JSON.stringify(value))
  for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key], leaves)
}

/** Lines with what happened to each: `-` is only there, `+` only here. Undefined if a text is too long to compare, or is not text. */
export const diffLines = (there: string, here: string): readonly string[] | undefined => {
  if (`${there}${here}`.includes('\0')) return undefined
  const [a, b] = [there.split('\n'), here.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  if (left.length * right.length > MOST_CELLS) return undefined
  return withContext([
    ...a.slice(0, start).map((line) => ` ${line}`),
    ...middle(left, right),
    ...a.slice(a.length - end).map((line) => ` ${line}`),
  ])
}

const MOST_CELLS = 4_000_000

/** The longest common subsequence, from the back. */
const middle = (a: readonly string[], b: readonly string[]): readonly string[] => {
  const columns = b.length + 1
  const longest = new Uint32Array((a.length + 1) * columns)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * columns + j] =
        a[i] === b[j] ? longest[(i + 1) * columns + j + 1]! + 1 : Math.max(longest[(i + 1) * columns + j]!, longest[i * columns + j + 1]!)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) lines.push(` ${a[i++]}`, ...(j++, []))
    else if (j >= b.length || (i < a.length && longest[(i + 1) * columns + j]! >= longest[i * columns + j + 1]!)) lines.push(`-${a[i++]}`)
    else lines.push(`+${b[j++]}`)
  }
  return lines
}

const CONTEXT = 2

/** Leaves out what is far from any change. */
const withContext = (lines: readonly string[]): readonly string[] => {
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some((line) => !line.startsWith(' ')))
  return lines.flatMap((line, i) => (near[i] ? [line] : near[i - 1] || (i === 0 && near.includes(true)) ? ['…'] : []))
}
