import type { FoundService } from '../../../../recipes/systemd/services.ts'
import { ownerRelease } from '../../../plan/deploy-path-owner.ts'
import { sameRepository } from '../../../values/repo-url.ts'
import { cleanRemote, type Remote } from '../remote.ts'
import { core } from '../../../settings/core.ts'
import { schemas } from '../../../settings/derived.ts'
import { problemsOf } from '../../../settings/zod-problems.ts'
import { linksOf } from './links.ts'
import type { Application, ServerLook } from './look.ts'

/** A service, and the names of the servers that have it. */
export interface LiveService extends FoundService {
  readonly on: readonly string[]
}

/** What is live in a folder on the servers, taken together. */
export interface Live {
  readonly deployTo: string
  /** the names of the servers that have the application */
  readonly on: readonly string[]
  /** those that were read and do not have it, and those that could not be read */
  readonly without: readonly string[]
  readonly unread: readonly string[]
  /** one for each server in `on` */
  readonly applications: readonly { readonly host: string; readonly application: Application }[]
  readonly remote: Remote
  /** whose it is, by the records of shipit; undefined for what only Capistrano deployed */
  readonly owner: { readonly application?: string | undefined; readonly stage?: string | undefined } | undefined
  readonly branch: string | undefined
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
  /** how many releases to keep, so that a deploy removes none of those that are there; undefined: the default does */
  readonly keepReleases: number | undefined
  readonly services: readonly LiveService[]
  /** the live release is the whole repository, although the project is a folder in it */
  readonly whole: boolean
  /** the Ruby that the live release names */
  readonly ruby: string | undefined
  /** what could not be read or taken over, as sentences */
  readonly notes: readonly string[]
}

const KEEP = core.keepReleases.default

/** The folders of applications on the servers, each once. */
export const foldersIn = (look: ServerLook): readonly string[] => {
  const all = new Set(look.hosts.flatMap(({ read }) => read?.applications.map(({ deployTo }) => deployTo) ?? []))
  // in a name that a setting may not have, or that is not UTF-8, shipit could not deploy
  return [...all].filter((folder) => problemsOf(schemas.deployTo, folder).length === 0 && !folder.includes('\ufffd')).sort()
}

/**
 * The folder that most likely is this application's: the one whose mirror is of the same repository, or whose name is the application's, or
 * the only one. Undefined if several could be.
 */
export const likelyFolder = (
  look: ServerLook,
  { repoUrl, application }: { repoUrl: string | undefined; application: string },
): string | undefined => {
  const folders = foldersIn(look)
  const same = folders.filter((folder) => {
    const live = liveIn(look, folder)
    return repoUrl !== undefined && live?.remote.url !== undefined && sameRepository(live.remote.url, repoUrl)
  })
  // of two stages on one server, which one is meant is not known
  if (same.length > 0) return same.length === 1 ? same[0] : undefined
  const named = folders.filter((folder) => folder.endsWith(`/${application}`))
  if (named.length === 1) return named[0]
  return repoUrl === undefined && folders.length === 1 ? folders[0] : undefined
}

/** What is live in this folder; undefined if no server that was read has an application there. */
export const liveIn = (look: ServerLook, deployTo: string): Live | undefined => {
  const applications = look.hosts.flatMap(({ name, read }) => {
    const application = read?.applications.find((one) => one.deployTo === deployTo)
    return application === undefined ? [] : [{ host: name, application }]
  })
  if (applications.length === 0) return undefined
  const on = applications.map(({ host }) => host)
  const all = applications.map(({ application }) => application)
  const { notes, ...links } = linksOf(
    applications.map(({ host, application: { live } }) => ({ host, live })),
    deployTo,
  )
  const keep = Math.max(...all.map(keptBy))
  const url = all.map(({ layout }) => layout.repo.url).find((one) => one !== undefined)
  return {
    deployTo,
    on,
    without: look.hosts.flatMap(({ name, read }) => (read !== undefined && !on.includes(name) ? [name] : [])),
    unread: look.hosts.flatMap(({ name, read }) => (read === undefined ? [name] : [])),
    applications,
    remote: cleanRemote(url),
    owner: all.map(({ layout }) => ownerRelease(layout)).find((one) => one !== undefined),
    branch: all.map(({ live }) => live.branch).find((one) => one !== undefined),
    ...links,
    keepReleases: keep === KEEP ? undefined : keep,
    services: merged(applications),
    whole: all.some(({ live }) => live.hasFolder),
    ruby: all.map(({ live }) => live.ruby).find((one) => one !== undefined && /^[\w.+-]+$/.test(one)),
    notes: [...applications.flatMap(({ host, application }) => application.unread.map((what) => `${host}: ${what}`)), ...notes],
  }
}

/** How many releases a server keeps. Fewer than the default may only mean that there were no more deploys, unless the log has more. */
const keptBy = ({ layout, live }: Application): number => {
  const there = layout.releases.length
  return there > KEEP || (there > 0 && live.deploys > there) ? there : KEEP
}

const merged = (applications: Live['applications']): readonly LiveService[] => {
  const all = applications.flatMap(({ host, application }) => application.services.map((service) => ({ host, service })))
  const groups = Map.groupBy(all, ({ service: { scope, name, left } }) => `${scope} ${name} ${left ?? ''}`)
  return [...groups.values()].map((group) => ({ ...group[0]!.service, on: group.map(({ host }) => host) }))
}
