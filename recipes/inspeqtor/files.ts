import type { Word } from '../../src/index.ts'
import { type HeaderContext, headerOf, type WrittenFile } from '../../src/kit/index.ts'
import { type Check, parseInq, printInq, problemText } from '../rules/index.ts'
import { watchedServices, type Here } from './services.ts'

/** The .inq files of this host. Throws (`Error`) if our own parser rejects one. */
export const inqFiles = (c: Here & HeaderContext): readonly WrittenFile[] => {
  const { dir, host } = c.settings
  const file = (folder: string, name: string, check: Check): WrittenFile => {
    const text = printInq(check, [headerOf(c, name).slice(2)])
    const parsed = parseInq(text)
    if (!parsed.ok) throw new Error(`${folder}/${name}: ${problemText(parsed.problem)}`)
    return { path: `${folder}/${name}`, text }
  }
  return [
    ...watchedServices(c).map(({ name, rules, with: owners, expose }) =>
      file(`${dir}/services.d`, fileOf(name), { service: name, with: Object.entries(owners), expose, rules }),
    ),
    ...(host === null ? [] : [file(dir, 'host.inq', { with: Object.entries(host.with), expose: [], rules: host.rules })]),
  ]
}

const CONF = 'inspeqtor.conf'

/** inspeqtor.conf in pieces, some of them secret; undefined if the settings leave the file alone. */
export const confFile = (c: Here & HeaderContext): readonly Word[] | undefined => {
  const { settings: s } = c
  if (s.alerts.length === 0 && s.conf === null) return undefined
  const { cycleTime = 15, logLevel = 'info', exposePort = 4677, statsdLocation = null } = s.conf ?? {}
  return [
    `${headerOf(c, CONF)}\n`,
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
