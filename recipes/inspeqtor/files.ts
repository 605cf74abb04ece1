import type { Word } from '../../src/index.ts'
import { parseInq, told } from '../rules/parse.ts'
import { printInq } from '../rules/print.ts'
import { watched, type Context } from './watched.ts'

/** An Inspeqtor file, as the settings define it. */
export interface InqFile {
  readonly path: string
  readonly text: string
}

/** The .inq files of this host. Throws (`Error`) if our own parser rejects one. */
export const inqFiles = (c: Context): readonly InqFile[] => {
  const { dir, host } = c.settings
  const mark = [markOf(c), `shipit ${c.stage} inspeqtor:install writes it anew`]
  const services = watched(c).map(({ name, rules, with: owners, expose }) => ({
    path: `${dir}/services.d/${fileOf(name)}`,
    text: printInq({ service: name, with: Object.entries(owners), expose, rules }, mark),
  }))
  const own =
    host === null
      ? []
      : [{ path: `${dir}/host.inq`, text: printInq({ with: Object.entries(host.with), expose: [], rules: host.rules }, mark) }]
  for (const { path, text } of [...services, ...own]) {
    const parsed = parseInq(text)
    if (!parsed.ok) throw new Error(`${path}: ${told(parsed.problem)}`)
  }
  return [...services, ...own]
}

/** Marks our files of this application and stage. */
export const markOf = ({ application, stage }: Pick<Context, 'application' | 'stage'>): string => `by shipit, for ${application} (${stage})`

/** inspeqtor.conf in pieces, some of them secret; undefined if the settings leave the file alone. */
export const confFile = ({ settings: s, application, stage }: Context): readonly Word[] | undefined => {
  if (s.alerts.length === 0 && s.conf === null) return undefined
  const { cycleTime = 15, logLevel = 'info', exposePort = 4677, statsdLocation = null } = s.conf ?? {}
  return [
    `# ${markOf({ application, stage })}\n`,
    `set cycle_time ${cycleTime}\nset deploy_length ${s.deployLength}\nset log_level ${logLevel}\nset expose_port ${exposePort}\n`,
    ...(statsdLocation === null ? [] : [`set statsd_location "${statsdLocation}"\n`]),
    ...s.alerts.flatMap(({ via, to, with: given }): Word[] => [
      `send alerts${to === undefined ? '' : ` to ${to}`} via ${via}`,
      ...Object.entries(given).flatMap(([key, value], i): Word[] => [
        `${i === 0 ? ' with' : ','} ${key} `,
        ...(typeof value === 'number' ? [`${value}`] : ['"', value, '"']),
      ]),
      '\n',
    ]),
  ]
}

/** Inspeqtor reads only `*.inq`, and takes the service's name from inside the file. */
export const fileOf = (name: string): string => `${name.replaceAll(/[^\w.@-]/g, '_')}.inq`
