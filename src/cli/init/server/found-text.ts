import { SYMBOL } from '../../../output/format.ts'
import { proseLines } from '../../../output/hint.ts'
import { SEARCHED } from '../../../run/discover.ts'
import { count } from '../../../values/count.ts'
import { foldersIn, liveIn, type Live, type LiveService } from './live-application.ts'
import type { ServerLook } from './look.ts'

/** Which applications were found on the servers, and what kept shipit from looking, as lines. */
export const lookLines = (look: ServerLook): readonly string[] => {
  const folders = foldersIn(look)
  const unread = look.hosts.flatMap(({ name, read }) => (read === undefined ? [name] : []))
  const empty = look.hosts.flatMap(({ name, read }) => (read !== undefined && read.applications.length === 0 ? [name] : []))
  return [
    ...(folders.length > 1 ? folders.map((folder) => folderLine(liveIn(look, folder)!)) : []),
    ...(empty.length > 0
      ? [`found nothing that Capistrano or shipit deployed on ${empty.join(', ')}, in ${SEARCHED.join(', ')} and the home of the account`]
      : []),
    ...(unread.length > 0
      ? [`${SYMBOL.warn} ${unread.join(', ')} ${unread.length === 1 ? 'was' : 'were'} not read: the config does not have what is there`]
      : []),
    ...look.hosts.flatMap(({ name, read }) => {
      if (read === undefined) return []
      const { stopped, closed } = read.search
      const text = stopped && STOPPED[stopped]
      return [
        ...(closed.length > 0 ? [`${SYMBOL.warn} ${name}: ${read.search.user} may not look into ${few(closed)}`] : []),
        ...(text === undefined ? [] : [`${SYMBOL.warn} ${name}: ${text}`]),
      ]
    }),
  ]
}

const STOPPED = {
  time: 'the search for applications took too long and was ended: there may be more',
  number: 'there are more applications than shipit looked at',
  failed: 'the search for applications failed',
} as const

const MOST = 3
const few = (names: readonly string[]): string =>
  names.length > MOST ? `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more` : names.join(', ')

const folderLine = ({ deployTo, on, remote }: Live): string =>
  `found ${deployTo} on ${on.join(', ')}${remote.url === undefined ? '' : `, of ${remote.url}`}`

/** What is live in a folder, as lines: each is found there, and goes into the config. */
export const liveLines = (live: Live, columns: number): readonly string[] => {
  const { deployTo, on, applications, linkedFiles, linkedDirs, services, remote, owner } = live
  const releases = new Map<string, string[]>()
  for (const { host, application } of applications) {
    const { current, revision } = application.layout
    const release = current.kind === 'link' ? (current.release ?? current.target) : '-'
    const key = `${release}${revision === undefined ? '' : `, commit ${revision.slice(0, 7)}`}`
    releases.set(key, [...(releases.get(key) ?? []), host])
  }
  const rows: (readonly [string, string])[] = [
    ...[...releases].map(([release, hosts]) => ['live', `${release}${hosts.length < on.length ? ` (${hosts.join(', ')})` : ''}`] as const),
    ...(owner === undefined ? [] : [['deployed as', [owner.application, owner.stage].filter(Boolean).join(' ')] as const]),
    ...(remote.url === undefined ? [] : [['repository', remote.url] as const]),
    ['releases', [...new Set(applications.map(({ application }) => application.layout.releases.length))].join(', ')],
    ['linked files', listed(linkedFiles)],
    ['linked dirs', listed(linkedDirs)],
    ...services.map((service) => [service.left === undefined ? 'service' : 'left out', serviceText(service, on)] as const),
    ...(services.length === 0 ? [['services', 'none that runs from there'] as const] : []),
  ]
  const head = `found on ${on.length > MOST ? count(on.length, 'server') : on.join(', ')}, in ${deployTo}:`
  return [
    head,
    ...rows.flatMap(([key, text]) =>
      proseLines(text, columns - INDENT).map((line, i) => `  ${(i === 0 ? key : '').padEnd(INDENT - 2)}${line}`),
    ),
  ]
}

/** The columns before what was found. */
const INDENT = 16

const listed = (paths: readonly string[]): string => (paths.length === 0 ? 'none' : paths.join(', '))

const WHAT: Readonly<Record<LiveService['runs'], string>> = { sidekiq: ', Sidekiq', puma: ', Puma', other: '' }

const serviceText = ({ name, scope, runs, sockets, left, on }: LiveService, all: readonly string[]): string =>
  [
    `${name}${WHAT[runs]}${scope === 'user' ? ", of the account's own systemd" : ''}`,
    ...(sockets.length > 0 ? [` with ${sockets.join(', ')}`] : []),
    ...(on.length < all.length ? [` (${on.join(', ')})`] : []),
    ...(left === undefined ? [] : [`: ${left}`]),
  ].join('')
