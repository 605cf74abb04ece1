/** A path on a host. A leading `~/` means the remote user's home. */
export interface Path {
  readonly __path: true
  join(...parts: string[]): Path
  toString(): string
}

const paths = new WeakSet<object>()

/** Joins with single slashes; never resolves `..`, which is the host's business. */
export const path = (...parts: string[]): Path => {
  const text = parts
    .map((part, i) => (i === 0 ? part.replace(/(?<=.)\/+$/, '') : part.replace(/^\/+|\/+$/g, '')))
    .filter((part) => part !== '')
    .join('/')
    .replace(/^\/\/+/, '/')
  const made: Path = Object.freeze({ __path: true as const, join: (...more: string[]) => path(text, ...more), toString: () => text })
  paths.add(made)
  return made
}

export const isPath = (value: unknown): value is Path => typeof value === 'object' && value !== null && paths.has(value)
