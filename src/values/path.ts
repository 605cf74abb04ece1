/** A path on a host. A leading `~/` means the remote user's home. */
export interface Path {
  readonly __path: true
  join(...parts: string[]): Path
  toString(): string
}

const paths = new WeakSet<object>()
/** Paths of hosts: what is a home there is another one here. */
const hosts = new WeakSet<object>()
/** The same as text, for what somebody makes of one: `${paths.shared}/x`. */
const homes = new Set<string>()

/** Joins with single slashes; never resolves `..`, which is the host's business. */
export const path = (...parts: string[]): Path => {
  const text = parts
    .map((part, i) => (i === 0 ? part.replace(/(?<=.)\/+$/, '') : part.replace(/^\/+|\/+$/g, '')))
    .filter((part) => part !== '')
    .join('/')
    .replace(/^\/\/+/, '/')
  const made: Path = Object.freeze({
    __path: true as const,
    join: (...more: string[]) => {
      const joined = path(text, ...more)
      return hosts.has(made) ? ofHosts(joined) : joined
    },
    toString: () => text,
  })
  paths.add(made)
  return made
}

/** Marks a path as one of the hosts, and all that is joined to it. */
export const ofHosts = (given: Path): Path => {
  hosts.add(given)
  if (given.toString().startsWith('~/')) homes.add(given.toString())
  return given
}
/** Whether it is in a home directory on the hosts: a path of theirs, or one made anew of its text. */
export const isHostsHome = (value: Path): boolean => {
  const text = value.toString()
  if (!/^~(\/|$)/.test(text)) return false
  return hosts.has(value) || [...homes].some((home) => text === home || text.startsWith(`${home}/`))
}

export const isPath = (value: unknown): value is Path => typeof value === 'object' && value !== null && paths.has(value)
