import { headerOf, type WrittenFile } from '../../src/kit/index.ts'
import { ruleLine } from './rule.ts'
import { watchedServices, type Here, type WatchedService } from './services.ts'

/** The files of this host, one for each service, so that each can be checked and removed by itself. */
export const monitFiles = (c: Here): readonly WrittenFile[] => {
  const services = watchedServices(c)
  return [
    ...(c.settings.httpd && services.length > 0 ? [{ path: sharedFile(c), text: HTTPD }] : []),
    ...services.map((service) => ({ path: `${c.settings.confDir}/${service.name}`, text: fileText(c, service) })),
  ]
}

/** The file that all applications share. */
export const sharedFile = ({ settings }: Pick<Here, 'settings'>): string => `${settings.confDir}/shipit-httpd`

const fileText = (c: Here, { name, settings: s, by: [kind, process], ...programs }: WatchedService): string => {
  const account = s.as === null ? '' : ` as uid ${quoted(s.as.uid)}${s.as.gid === undefined ? '' : ` and gid ${quoted(s.as.gid)}`}`
  const program = (verb: 'start' | 'stop' | 'restart') =>
    programs[verb] === null ? [] : [`  ${verb} program = ${quoted(programs[verb])}${account} with timeout ${s.timeout} seconds`]
  return [
    headerOf(c, name),
    `check process ${quoted(name)} ${kind === 'matching' ? 'matching' : 'with pidfile'} ${quoted(process)}`,
    ...program('start'),
    ...program('stop'),
    ...program('restart'),
    ...s.rules.map((rule) => `  ${ruleLine(rule)}`),
    ...(s.giveUp === null ? [] : [`  if ${s.giveUp.restarts} restarts within ${s.giveUp.cycles} cycles then unmonitor`]),
    ...(s.group === null ? [] : [`  group ${s.group}`]),
    '',
  ].join('\n')
}

/** The settings reject text with both kinds of quotes. A name with an `@` needs quotes. */
const quoted = (text: string): string => (text.includes('"') ? `'${text}'` : `"${text}"`)

const HTTPD = `# by shipit: Monit's own commands go through this
set httpd unixsocket /run/monit.sock
  allow localhost
`
