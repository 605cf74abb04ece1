import type { Stage } from '../tasks/stage.ts'
import type { DoctorFacts } from '../facts/doctor-fact.ts'
import type { HostFacts } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { linkedFilesRemedy } from '../tasks/deploy/linked-files.ts'
import { sentSources } from '../tasks/linked-source.ts'
import { LINKED_FILE_PROBLEMS } from '../facts/linked-files.ts'
import { typed } from '../shell/typed.ts'
import type { Finding, Trouble } from '../tasks/types.ts'
import { utc } from '../values/duration.ts'
import { explainHold } from '../values/hold.ts'
import type { ShipitError } from '../values/errors.ts'
import { path, withoutTrailingSlash } from '../values/path.ts'
import { KEEPER_STOPPED, resumeKeeper } from './stopped-keeper.ts'
import { irregularTroubles } from './irregular-files.ts'
import { currentTrouble, installHint, MISSING } from './preconditions.ts'
import { ownerTrouble } from './deploy-path-owner.ts'
import { releaseFindings } from './release-checks.ts'
import { commonRelease } from './rollback-target.ts'

/** Everything that the doctor read from one host. */
export interface Examined {
  readonly stage: Pick<Stage, 'name' | 'shipit' | 'application' | 'deployTo' | 'currentDirectory' | 'linkedFiles' | 'linkedSources'>
  readonly host: Host
  readonly layout: HostFacts
  readonly doctor: DoctorFacts
  /** seconds since the epoch, by the clock of this machine: the host reported its own time between the two */
  readonly readBetween: { readonly from: number; readonly to: number }
  /** something in the place of the mirror that is not shipit's */
  readonly mirror?: Trouble | undefined
  /** why the repository cannot be read from here, or lacks the branch; undefined if it was not asked, or is fine */
  readonly repository: Trouble | undefined
  /** the variables that are not set and without which the repository cannot be asked */
  readonly unreadSource?: ShipitError
}

/** The findings of the core about a host. Pure. */
export const coreFindings = (examined: Examined): Finding[] => checksOf(examined.host).flatMap((check) => check(examined))

/** The number of core checks on a host. */
export const coreChecks = (host: Pick<Host, 'release'>): number => checksOf(host).length

/** The one finding about all hosts together. */
export const fleetFindings = (
  { shipit }: Pick<Stage, 'shipit'>,
  live: ReadonlyMap<string, { readonly release: string | undefined; readonly revision: string | undefined }>,
  layouts: readonly HostFacts[],
): Finding[] => {
  const groups = Map.groupBy(live.keys(), (host) => live.get(host)!.release)
  if (groups.size < 2) return []
  const where = [...groups].map(([release, hosts]) => `${release ?? 'none'} on ${hosts.join(', ')}`)
  const release = commonRelease(layouts)
  return [
    warning(
      `the hosts are on different releases: ${where.join('; ')}`,
      `${shipit('deploy')}${release === undefined ? '' : `, or ${shipit('deploy:rollback', '--release', release)}`}`,
    ),
  ]
}

/** The error for two hosts that are one place, where a deploy would take one lock twice. */
export const sameServerTrouble = (deployTo: string): Trouble => ({
  message: `another host of this run is the same server: both deploy to ${deployTo} there`,
  remedy: 'name each server once; one server may play several roles',
})

/** Findings for release hosts that are the same place as an earlier host, which a deploy also refuses. */
export const sameServerFindings = (
  deployTo: string,
  examined: readonly Pick<Examined, 'host' | 'doctor'>[],
): ReadonlyMap<string, readonly Finding[]> => {
  const { message, remedy } = sameServerTrouble(deployTo)
  const withPlace = examined.filter(({ host, doctor }) => host.release && doctor.place !== undefined)
  const duplicates = [...Map.groupBy(withPlace, ({ doctor }) => doctor.place).values()].flatMap((group) => group.slice(1))
  return new Map(duplicates.map(({ host }) => [host.name, [error(message, remedy)]]))
}

type Check = (examined: Examined) => readonly Finding[]

const checksOf = ({ release }: Pick<Host, 'release'>): readonly Check[] =>
  release
    ? [programs, directory, irregular, directories, current, owner, releases, linked, disk, inodes, mirror, repository, lock, clock]
    : [clock]

const error = (message: string, remedy: string): Finding => ({ level: 'error', message, remedy })
const warning = (message: string, remedy: string): Finding => ({ level: 'warning', message, remedy })

const programs: Check = ({ layout: { missing } }) =>
  missing.length === 0 ? [] : [error(`${MISSING}: ${missing.join(', ')}`, installHint(missing))]

const directory: Check = ({ doctor: { at } }) =>
  at.directory
    ? []
    : [error(`${at.path} is not a directory, so nothing can be deployed there`, 'move it away, or set deployTo to another place')]

const irregular: Check = ({ layout, host, stage: { deployTo } }) =>
  irregularTroubles(layout.irregular ?? [], host, deployTo).map(({ message, remedy }) => error(message, remedy))

const directories: Check = ({ doctor: { at, closed: all }, layout: { user, irregular: strange = [] }, stage: { deployTo } }) => {
  if (!at.directory) return []
  const closed = all.filter(({ path: place }) => !strange.some((one) => place.endsWith(`/${one.place}`)))
  const [first] = closed
  if (first === undefined) return []
  if (first.path === at.path && !isDeployTo(at.path, deployTo))
    return [
      error(`${user} cannot make ${deployTo}: ${at.path} belongs to ${first.owner}`, `sudo install -d -o ${user} ${typed(path(deployTo))}`),
    ]
  const paths = closed.map(({ path }) => path)
  const owners = [...new Set(closed.map(({ owner }) => owner))]
  const closedTo = `${user} may not write in ${paths.join(', ')}`
  if (owners.every((owner) => owner === user))
    return [error(`${closedTo}: ${paths.length === 1 ? 'its' : 'their'} mode forbids it`, `chmod u+rwx ${paths.map(typed).join(' ')}`)]
  return [
    error(
      `${closedTo}: ${paths.length === 1 ? 'it belongs' : 'they belong'} to ${owners.join(', ')}`,
      `sudo chown -R ${user} ${outermost(paths).map(typed).join(' ')}`,
    ),
  ]
}

const outermost = (paths: readonly string[]): string[] => paths.filter((one) => !paths.some((other) => one.startsWith(`${other}/`)))

/** The host reports `~/srv` with its home in place of the tilde. */
const isDeployTo = (path: string, deployTo: string): boolean =>
  deployTo.startsWith('~/') ? path.endsWith(withoutTrailingSlash(deployTo.slice(1))) : path === withoutTrailingSlash(deployTo)

const current: Check = ({ layout, stage }) => {
  const name = stage.currentDirectory
  const trouble = currentTrouble(layout, stage)
  if (trouble) return [error(trouble.message, trouble.remedy)]
  if (layout.current.kind !== 'link' || layout.current.exists) return []
  return [error(`${name} points to ${layout.current.target}, which does not exist`, `point it to a new release: ${stage.shipit('deploy')}`)]
}

const owner: Check = ({ layout, stage }) => {
  const trouble = ownerTrouble(layout, stage)
  return trouble ? [error(trouble.message, trouble.remedy)] : []
}

const linked: Check = ({ doctor: { unlinked }, host, stage }) =>
  unlinked.flatMap(({ path: place, what }) => {
    const file = stage.linkedFiles.findLast((one) => place.endsWith(`/${one}`)) ?? place
    const sent = sentSources(stage.linkedSources).some((source) => source.path === file)
    // a deploy puts it there
    if (sent && (what === 'missing' || what === 'homeless')) return []
    const shared = path(place.slice(0, -file.length - 1))
    const remedy = linkedFilesRemedy([[file, what]], host, shared, stage)
    return [error(`the linked file ${place} ${LINKED_FILE_PROBLEMS[what]}`, remedy ?? 'move away what is in its way')]
  })

const releases: Check = ({ layout, doctor, stage }) => releaseFindings(stage.shipit, layout, doctor.lock !== undefined)

const MEGABYTE = 1024 * 1024
const LEAST_BYTES = 200 * MEGABYTE
const LEAST_INODES = 1000
const SHARE = 0.05

const disk: Check = ({ doctor: { disk: room }, stage }) => {
  if (!room || (room.free >= LEAST_BYTES && room.free >= room.total * SHARE)) return []
  return [
    {
      level: room.free < LEAST_BYTES ? 'error' : 'warning',
      message: `${bytes(room.free)} of ${bytes(room.total)} are free on ${room.mount}`,
      remedy: `make room: old logs, caches; or old releases, with a lower keepReleases: ${stage.shipit('deploy:cleanup')}`,
    },
  ]
}

const inodes: Check = ({ doctor: { inodes: room }, stage }) => {
  if (!room || (room.free >= LEAST_INODES && room.free >= room.total * SHARE)) return []
  return [
    {
      level: room.free < LEAST_INODES ? 'error' : 'warning',
      message: `${room.free} of ${room.total} inodes are free on ${room.mount}: few more files fit on that file system`,
      remedy: `remove many small files: caches, sessions; or old releases, with a lower keepReleases: ${stage.shipit('deploy:cleanup')}`,
    },
  ]
}

const mirror: Check = ({ mirror: wrong }) => (wrong ? [error(wrong.message, wrong.remedy)] : [])

const repository: Check = ({ repository: wrong, unreadSource }) => [
  ...(wrong ? [error(wrong.message, wrong.remedy)] : []),
  ...(unreadSource ? [warning(`the repository was not checked: ${unreadSource.message}`, unreadSource.hint ?? 'set it')] : []),
]

const lock: Check = (examined) => [...hold(examined), ...runLock(examined)]

const hold: Check = ({ layout: { hold: found }, readBetween, stage }) =>
  found ? [warning(explainHold(found, new Date(readBetween.to * 1000)), `when that is over: ${stage.shipit('unlock')}`)] : []

const runLock: Check = ({ doctor: { lock: held }, host }) => {
  if (!held) return []
  const began = utc(held.since * 1000)
  const since = began === undefined ? '' : `, since ${began}`
  return [
    warning(
      `another run holds the lock: ${held.owner}: ${held.what}${since}${held.halted ? `; ${KEEPER_STOPPED}` : ''}`,
      held.halted ? resumeKeeper(host, held.halted) : 'wait until it has ended; what is found here may be its unfinished work',
    ),
  ]
}

const SKEW = 60

const clock: Check = ({ doctor: { now }, readBetween }) => {
  if (now === undefined) return []
  const off = now < readBetween.from ? now - readBetween.from : now > readBetween.to ? now - readBetween.to : 0
  if (Math.abs(off) <= SKEW) return []
  return [
    warning(
      `its clock is ${seconds(Math.abs(off))} ${off < 0 ? 'behind' : 'ahead of'} this machine's`,
      'synchronize the clock that is wrong: sudo timedatectl set-ntp true',
    ),
  ]
}

const seconds = (n: number): string =>
  n < 120
    ? `${Math.round(n)} seconds`
    : n < 7200
      ? `${Math.round(n / 60)} minutes`
      : n < 172_800
        ? `${Math.round(n / 3600)} hours`
        : `${Math.round(n / 86_400)} days`

const bytes = (n: number): string => (n < 1024 * MEGABYTE ? `${Math.round(n / MEGABYTE)} MB` : `${(n / MEGABYTE / 1024).toFixed(1)} GB`)
