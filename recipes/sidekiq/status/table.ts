import type { TableRow } from '../../../src/index.ts'
import type { Limit } from '../../rules/limits.ts'
import { least } from './limits.ts'
import type { Process, Report } from './read.ts'

/** A host that could not be asked for its processes. */
export interface Missing {
  readonly missing: string
}

/** One row per process, or one row that says why a host did not answer. A `!` marks what exceeds a limit or is old. */
export const rowsOf = (hosts: readonly (readonly [string, Report | Missing])[], limits: readonly Limit[]): readonly TableRow[] =>
  hosts.flatMap(([host, report]) => {
    if ('missing' in report) return [row(host, '', report.missing)]
    if (report.processes.length === 0) return [row(host, '', 'no process')]
    return report.processes.map((one) => {
      if (one.pid === 0) return row(host, unit(one), `${down(one)}${ago(one)} !`)
      return row(host, unit(one), `${one.state ?? 'runs'}${ago(one)}`, {
        PID: one.pid,
        release: release(one, report),
        'RSS MB': memory(one, limits),
        'CPU %': marked(Math.round(one.cpu ?? 0), (one.cpu ?? 0) > least(limits, unit(one), 'cpu')),
        busy: one.busy === undefined ? '-' : `${one.busy}/${one.concurrency}`,
        quiet: one.quiet === undefined ? '-' : quietness(one, report),
      })
    })
  })

const row = (host: string, name: string, state: string, more: TableRow = {}): TableRow => ({
  host,
  unit: name,
  state,
  PID: null,
  release: null,
  'RSS MB': null,
  'CPU %': null,
  busy: null,
  quiet: null,
  ...more,
})

const unit = ({ name }: Process): string => name.replace(/\.service$/, '')

const down = ({ state, result }: Process): string => {
  if (state === 'missing') return 'not installed'
  const why = result && result !== 'success' ? ` (${result})` : ''
  return `${state ?? 'down'}${why}`
}
const ago = ({ since }: Process): string => (typeof since !== 'number' ? '' : ` ${span(since)}`)

const release = ({ dir }: Process, { current }: Report): string => {
  if (typeof dir !== 'string') return '-'
  const name = /\/releases\/([^/]+)/.exec(dir)?.[1] ?? dir
  return marked(name, (current !== undefined && name !== current) || dir.endsWith(' (deleted)'))
}

const memory = (one: Process, limits: readonly Limit[]): string => {
  const { rss = 0, tree = 0 } = one
  const most = least(limits, unit(one), 'rss') / 1024
  const mb = (kb: number) => String(Math.round(kb / 1024))
  return marked(mb(tree) === mb(rss) ? mb(rss) : `${mb(rss)} (${mb(tree)} with children)`, tree > most)
}

/** Nothing wakes a quiet process: if no run is at work there, it was left behind. */
const quietness = ({ quiet, beat = 0 }: Process, { running }: Report): string => {
  const old = beat > 30
  return marked(`${quiet ? 'yes' : 'no'}${old ? ` (${span(beat)} ago)` : ''}`, old || (quiet === true && running !== true))
}

const marked = (value: string | number, bad: boolean): string => (bad ? `${value} !` : String(value))

/** `45 s`, `12 min`, `3 h`, `8 d`. */
export const span = (seconds: number): string => {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}
