import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import process from 'node:process'

/** The name of the account that runs shipit, as ssh takes it; where it has none (a container's uid), the one in the environment. */
export const ownName = (): string | undefined =>
  entry()?.username ?? (process.env['USER'] || process.env['LOGNAME'] || process.env['USERNAME'] || undefined)

/**
 * The homes in which `~` is looked for: what HOME says, and then what the account has, which is where ssh looks. They differ in a
 * container of a CI job. Empty where there is neither.
 */
export const homes = (): readonly string[] =>
  [...new Set([process.env['HOME'], entry()?.homedir])].filter((home) => home !== undefined && home !== '') as string[]

/** Whether the account has an entry in /etc/passwd or the like; ssh does not run without one. */
export const hasEntry = (): boolean => entry() !== undefined

/** A path with `~/`, or in one of the homes: in the first home that has it; in the first of all where none has. */
export const atHome = (path: string): string => {
  const all = inHomes(path)
  return all.find((file) => existsSync(file)) ?? all[0]!
}

/** A path with `~/`, or in one of the homes, in each of them. */
export const inHomes = (path: string): readonly string[] => {
  const all = homes()
  const home = all.find((one) => path.startsWith(`${one}/`))
  const rest = path === '~' ? '' : path.startsWith('~/') ? path.slice(1) : home === undefined ? undefined : path.slice(home.length)
  return rest === undefined || all.length === 0 ? [path] : all.map((one) => one + rest)
}

const entry = (): { readonly username: string; readonly homedir: string } | undefined => {
  try {
    return userInfo()
  } catch {
    return undefined
  }
}
