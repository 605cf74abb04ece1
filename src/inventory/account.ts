import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'

/** The name of the account that runs shipit, as ssh sees it; if it has none (a uid in a container), the one in the environment. */
export const ownName = (): string | undefined =>
  entry()?.username ?? (process.env['USER'] || process.env['LOGNAME'] || process.env['USERNAME'] || undefined)

/**
 * The directories that `~` can mean: HOME first, then the account's home, which is the one that ssh uses. They differ in the container of a
 * CI job. Empty if there is neither.
 */
export const homes = (): readonly string[] =>
  [...new Set([process.env['HOME'], entry()?.homedir])].filter((home) => home !== undefined && home !== '') as string[]

/** Whether the account has an entry in /etc/passwd or the like; ssh does not run without one. */
export const hasEntry = (): boolean => entry() !== undefined

/** Resolves a path that starts with `~/` or with one of the homes: in the first home that has the file, or else in the first home. */
export const atHome = (path: string): string => {
  const all = inHomes(path)
  return all.find((file) => existsSync(file)) ?? all[0]!
}

/** Resolves a path of this machine; `~/` is the home, as {@link atHome} finds it. */
export const localPath = (path: string): string => (path === '~' || path.startsWith('~/') ? atHome(path) : resolve(path))

/** A path that starts with `~/` or with one of the homes, resolved in each of the homes. */
export const inHomes = (path: string): readonly string[] => {
  const all = homes()
  const home = all.find((one) => path.startsWith(`${one}/`))
  const rest = path === '~' ? '' : path.startsWith('~/') ? path.slice(1) : home === undefined ? undefined : path.slice(home.length)
  return rest === undefined || all.length === 0 ? [path] : all.map((one) => one + rest)
}

type Entry = { readonly username: string; readonly homedir: string } | undefined

/** Looked up once: it is needed for each path of each host. */
const entry = (): Entry => (found ??= { entry: lookUp() }).entry
let found: { readonly entry: Entry } | undefined

const lookUp = (): Entry => {
  try {
    return userInfo()
  } catch {
    return undefined
  }
}
