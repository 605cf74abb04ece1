import { ruleLine } from './rule.ts'
import { watched, type Context, type Watched } from './watched.ts'

export interface MonitFile {
  /** in `confDir` */
  readonly name: string
  readonly text: string
}

/** The files of this host, one for each service, so that each can be checked and removed by itself. */
export const monitFiles = (c: Context): readonly MonitFile[] => [
  ...(c.settings.httpd && watched(c).length > 0 ? [{ name: SHARED, text: HTTPD }] : []),
  ...watched(c).map((one) => ({ name: one.name, text: fileText(c, one) })),
]

/** The file that all applications share. */
export const SHARED = 'shipit-httpd'

/** Marks our files of this application and stage. */
export const markOf = ({ application, stage }: Pick<Context, 'application' | 'stage'>): string => `by shipit, for ${application} (${stage})`

const fileText = (c: Context, { name, of, by: [kind, process], ...programs }: Watched): string => {
  const who = of.as === null ? '' : ` as uid ${quoted(of.as.uid)}${of.as.gid === undefined ? '' : ` and gid ${quoted(of.as.gid)}`}`
  const program = (verb: 'start' | 'stop' | 'restart') =>
    programs[verb] === null ? [] : [`  ${verb} program = ${quoted(programs[verb])}${who} with timeout ${of.timeout} seconds`]
  return [
    `# ${markOf(c)}`,
    `# shipit ${c.stage} monit:install writes it anew`,
    `check process ${quoted(name)} ${kind === 'matching' ? 'matching' : 'with pidfile'} ${quoted(process)}`,
    ...program('start'),
    ...program('stop'),
    ...program('restart'),
    ...of.rules.map((rule) => `  ${ruleLine(rule)}`),
    ...(of.giveUp === null ? [] : [`  if ${of.giveUp.restarts} restarts within ${of.giveUp.cycles} cycles then unmonitor`]),
    ...(of.group === null ? [] : [`  group ${of.group}`]),
    '',
  ].join('\n')
}

/** The settings reject text with both kinds of quotes. A name with an `@` needs quotes. */
const quoted = (text: string): string => (text.includes('"') ? `'${text}'` : `"${text}"`)

const HTTPD = `# by shipit: Monit's own commands go through this
set httpd unixsocket /run/monit.sock
  allow localhost
`
