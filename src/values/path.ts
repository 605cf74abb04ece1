/** A path on a host. A leading `~/` means the remote user's home. */
export interface Path {
  readonly __path: true
  join(...parts: string[]): Path
  toString(): string
}

const paths = new WeakSet<object>()
/** Paths on hosts: a home directory there is not the one here. */
const hostPaths = new WeakSet<object>()
/** The home paths among them as text, for paths that are built from one: `${paths.shared}/x`. */
const homePaths = new Set<string>()

/** Joins with single slashes. Never resolves `..`: that is up to the host. */
export const path = (...parts: string[]): Path => {
  const text = parts
    .map((part, i) => (i === 0 ? withoutTrailingSlash(part) : part.replace(/^\/+|\/+$/g, '')))
    .filter((part) => part !== '')
    .join('/')
    .replace(/^\/\/+/, '/')
  const made: Path = Object.freeze({
    __path: true as const,
    join: (...more: string[]) => {
      const joined = path(text, ...more)
      return hostPaths.has(made) ? markHostPath(joined) : joined
    },
    toString: () => text,
  })
  paths.add(made)
  return made
}

/** Marks a path, and everything joined to it, as a path on the hosts. */
export const markHostPath = (given: Path): Path => {
  hostPaths.add(given)
  if (given.toString().startsWith('~/')) homePaths.add(given.toString())
  return given
}
/** Whether a path is in a home directory on the hosts: a marked path, or one built from the text of a marked path. */
export const isInHostHome = (value: Path): boolean => {
  const text = value.toString()
  if (!/^~(\/|$)/.test(text)) return false
  return hostPaths.has(value) || [...homePaths].some((home) => text === home || text.startsWith(`${home}/`))
}

/** The path without slashes at its end; `/` stays. */
export function withoutTrailingSlash(path: string): string
export function withoutTrailingSlash(path: string | undefined): string | undefined
export function withoutTrailingSlash(path: string | undefined): string | undefined {
  return path?.replace(/(?<=.)\/+$/, '')
}

export const isPath = (value: unknown): value is Path => typeof value === 'object' && value !== null && paths.has(value)
