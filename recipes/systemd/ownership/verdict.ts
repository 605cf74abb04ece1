import type { BaseContext } from '../../../src/index.ts'
import { isSameStage, parseHeader } from '../../../src/kit/index.ts'

/** The owner of a unit, a job or a process on a host. */
export type Ownership =
  | { readonly kind: 'ours' }
  /** ours, but its folder, or what its command starts (`exec`), is this one release: later deploys never run there */
  | { readonly kind: 'release'; readonly dir: string; readonly exec?: true }
  /** it belongs to another application or stage. `moved`: its file claims to be ours, but its folder is not */
  | { readonly kind: 'foreign'; readonly why: string; readonly moved: boolean }
  /** a program of the host itself: its unit came with a package */
  | { readonly kind: 'host' }
  /** nothing on the host shows whose it is; `dir`: the folder that it is configured to run in, '' if none */
  | { readonly kind: 'unknown'; readonly dir: string }

/** What a host knows about it; '' if it knows nothing. */
export interface Evidence {
  /** the first line of its file */
  readonly header: string
  /** the folder that it is configured to run in, as written, and as `within` prints it */
  readonly dir: string
  readonly within: string
  /** its command line */
  readonly exec: string
  /** the folder of its process, as `within` prints it */
  readonly cwd: string
  readonly file: string
}

type Of = Pick<BaseContext, 'application' | 'stage' | 'paths'>

/** A folder that a deploy tool made: a release, or the link to the live one. */
const DEPLOYED = /(\/[^\s'";:=]*?)\/(?:current|releases\/\d{14})(?=[/\s'";]|$)/

/**
 * Judges by the folder first, because that is what runs; then by the command, the first line of the file, and the process. `tops`: our
 * folder, as written and resolved.
 */
export const judgeOwnership = (c: Of, { header, dir, within, exec, cwd, file }: Evidence, tops: readonly string[]): Ownership => {
  const by = parseHeader(header)
  const claimed = by !== undefined && isSameStage(c, by)
  const foreign = (why: string): Ownership => ({ kind: 'foreign', why, moved: claimed })
  const pinned = pinnedTo(c, exec, tops)
  if (within.startsWith('.')) {
    const verdict = inside(c, within, dir, foreign)
    return verdict.kind === 'ours' ? (pinned ?? verdict) : verdict
  }
  const deployed = dir === '' || within === '^' ? null : (DEPLOYED.exec(dir) ?? DEPLOYED.exec(within))
  if (deployed !== null) return foreign(`runs in ${dir}`)
  if (pinned !== undefined) return pinned
  if (tops.some((top) => `${exec} `.match(new RegExp(`${escape(top)}[/\\s'";]`)))) return { kind: 'ours' }
  if (within !== '' && within !== '^') return ofPackage(file) ? { kind: 'host' } : foreign(`runs in ${dir}`)
  const named = DEPLOYED.exec(exec)
  if (named !== null) return foreign(`runs in ${named[0]}`)
  if (by !== undefined && !claimed) return foreign(`was written for ${by.application} (${by.stage})`)
  if (by !== undefined)
    return by.of === undefined || tops.includes(by.of.deployTo) ? { kind: 'ours' } : foreign(`was written for ${by.of.deployTo}`)
  if (cwd.startsWith('.')) return { kind: 'ours' }
  if (DEPLOYED.test(cwd)) return foreign(`runs in ${cwd}`)
  return ofPackage(file) ? { kind: 'host' } : { kind: 'unknown', dir }
}

/** The verdict on a command that names one of our releases, and not `current`. */
const pinnedTo = ({ paths }: Of, exec: string, tops: readonly string[]): Ownership | undefined => {
  const releases = String(paths.releases).slice(String(paths.deployTo).length)
  for (const top of tops) {
    const [dir] = new RegExp(`${escape(`${top}${releases}`)}/\\d{14}(?=[/\\s'";]|$)`).exec(exec) ?? []
    if (dir !== undefined) return { kind: 'release', dir, exec: true }
  }
  return undefined
}

/** The verdict on a folder inside ours; another application may deploy into such a folder. */
const inside = ({ paths }: Of, within: string, dir: string, foreign: (why: string) => Ownership): Ownership => {
  const seen = `${within.slice(1)}/`
  const of = (place: { toString(): string }) => `${String(place).slice(String(paths.deployTo).length)}/`
  if (seen.startsWith(of(paths.current))) return { kind: 'ours' }
  if (seen.startsWith(of(paths.releases)) && seen !== of(paths.releases)) return { kind: 'release', dir }
  if (seen.startsWith(of(paths.shared))) return { kind: 'ours' }
  return DEPLOYED.test(seen) ? foreign(`runs in ${dir}`) : { kind: 'ours' }
}

/** Distributions keep their units there; administrators keep theirs in /etc. */
const ofPackage = (file: string): boolean => /^\/(usr\/)?lib\/systemd\//.test(file)
const escape = (text: string): string => text.replaceAll(/[.*+?()[\]{}|^$\\]/g, String.raw`\$&`)
