import { z } from 'zod'
import { sh } from '../../src/index.ts'
import type { Command, Host, RunContext, TableRow } from '../../src/index.ts'
import { type Limit, limitsOf } from '../rules/index.ts'
import type { Asking, Manager } from './manager.ts'
import { quietNotes } from '../systemd/services.ts'
import { askRedis, programPath } from './ruby/index.ts'
import type { Settings } from './settings.ts'

/** Shows a table of every process on every host, and the backlog of their queues. */
export const showStatus = async (c: RunContext<Settings>, by: Manager): Promise<void> => {
  const answers = await c.on({ roles: c.settings.roles }, async (host): Promise<Report | Unread> => {
    try {
      return parse(await host.capture(readProcesses(c, host, by)))
    } catch (error) {
      if (c.signal.aborted) throw error
      return { unread: `no answer: ${lastLine(error)}` }
    }
  })
  const hosts = [...answers].map(([host, answer]) => [host.name, answer] as const)
  c.log.table(rowsOf(hosts, limitsOf(c)))
  const reports = hosts.flatMap(([host, answer]) => ('unread' in answer ? [] : [{ host, ...answer }]))
  for (const line of backlogs(reports)) c.log.info(line)
  for (const line of redisErrors(reports)) c.log.warn(line)
}

/** One process as its host reports it. Unknown values are left out. */
const process = z.object({
  name: z.string(),
  /** 0: it does not run */
  pid: z.number(),
  /** from the manager, if it has one: `active`, `failed` … */
  state: z.string().nullish(),
  result: z.string().nullish(),
  /** seconds in this state */
  since: z.number().nullish(),
  /** the working directory; null if only its owner may see it */
  dir: z.string().nullish(),
  /** kB of the process alone, and with all its descendants */
  rss: z.number().optional(),
  tree: z.number().optional(),
  /** percent of one processor */
  cpu: z.number().optional(),
  busy: z.number().optional(),
  concurrency: z.number().optional(),
  quiet: z.boolean().optional(),
  /** seconds since its last heartbeat */
  beat: z.number().optional(),
})
type Process = z.output<typeof process>

const report = z.object({
  processes: z.array(process),
  queues: z.array(z.object({ name: z.string(), size: z.number(), latency: z.number().nullish() })),
  /** whether a run holds this host's lock: that run may have quieted Sidekiq */
  locked: z.boolean().optional(),
  /** the release that is live */
  current: z.string().optional(),
  /** the Redis, for display; `id` and `space` are the same for all hosts that use it */
  at: z.string().optional(),
  id: z.string().nullish(),
  space: z.string().optional(),
  /** why Redis could not be asked */
  error: z.string().optional(),
})
export type Report = z.output<typeof report>

/** A host whose processes could not be read, and why. */
interface Unread {
  readonly unread: string
}

const readProcesses = (c: RunContext<Settings>, host: Host, by: Manager): Command => {
  const asking = { ...c, host, runs: () => false } as unknown as Asking
  const options = { notes: programPath(asking, quietNotes(c)), lock: programPath(asking, c.paths.deployTo.join('.shipit', 'lock')) }
  return askRedis(asking, by, 'status', options, by.states?.(asking) ?? sh`:`).title("read Sidekiq's processes")
}

/** Throws a SyntaxError or a ZodError if the output is not what the program prints. */
const parse = (output: string): Report => report.parse(JSON.parse(output.trim().split('\n').at(-1) ?? ''))

/** A failed command's message begins with the command; its output comes after. */
const lastLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n').filter(Boolean).at(-1)?.trim().slice(0, 120) ?? 'no output'

type HostReport = Report & { readonly host: string }

/** One line per Redis, however many hosts use it. */
const backlogs = (reports: readonly HostReport[]): readonly string[] => {
  const lines = new Map<string, string>()
  for (const { at, id, space, queues, error } of reports) {
    if (at === undefined || error !== undefined) continue
    const sizes = queues.map(
      ({ name, size, latency }) => `${name} ${size}${typeof latency !== 'number' || size === 0 ? '' : ` (${duration(latency)})`}`,
    )
    lines.set(`${id ?? at} ${space}`, `queues in ${at}: ${sizes.join(', ') || 'none yet'}`)
  }
  return [...lines.values()]
}

/** One warning per error, naming every host that has it. */
const redisErrors = (reports: readonly HostReport[]): readonly string[] => {
  const failed = Map.groupBy(reports, ({ error }) => error)
  return [...failed].flatMap(([error, some]) => (error === undefined ? [] : [`${error} (${some.map(({ host }) => host).join(', ')})`]))
}

/** One row per process, or one row that says why a host has none. A `!` marks what exceeds a limit or is old. */
export const rowsOf = (hosts: readonly (readonly [string, Report | Unread])[], limits: readonly Limit[]): readonly TableRow[] =>
  hosts.flatMap(([host, answer]) => {
    if ('unread' in answer) return [row(host, '', answer.unread)]
    if (answer.processes.length === 0) return [row(host, '', 'no process')]
    return answer.processes.map((one) => processRow(host, one, answer, limits))
  })

const processRow = (host: string, one: Process, { current, locked }: Report, limits: readonly Limit[]): TableRow => {
  const { pid, state, result, since, cpu = 0, busy, concurrency } = one
  const unit = one.name.replace(/\.service$/, '')
  const time = typeof since === 'number' ? ` ${duration(since)}` : ''
  if (pid === 0) {
    const why = result && result !== 'success' ? ` (${result})` : ''
    return row(host, unit, `${state === 'missing' ? 'not installed' : `${state ?? 'down'}${why}`}${time} !`)
  }
  return row(host, unit, flagged(`${state ?? 'runs'}${time}`, state === 'activating'), {
    PID: pid,
    release: releaseCell(one, current),
    'RSS MB': memoryCell(one, lowestLimit(limits, unit, 'rss') / 1024),
    'CPU %': flagged(Math.round(cpu), cpu > lowestLimit(limits, unit, 'cpu')),
    busy: busy === undefined ? '-' : `${busy}/${concurrency}`,
    quiet: quietCell(one, locked === true),
  })
}

const row = (host: string, unit: string, state: string, more: TableRow = {}): TableRow => ({
  host,
  unit,
  state,
  PID: null,
  release: null,
  'RSS MB': null,
  'CPU %': null,
  busy: null,
  quiet: null,
  ...more,
})

const releaseCell = ({ dir }: Process, current: string | undefined): string => {
  if (typeof dir !== 'string') return '-'
  const name = /\/releases\/([^/]+)/.exec(dir)?.[1] ?? dir
  return flagged(name, (current !== undefined && name !== current) || dir.endsWith(' (deleted)'))
}

const memoryCell = ({ rss = 0, tree = 0 }: Process, limit: number): string => {
  const [own, all] = [rss, tree].map((kb) => Math.round(kb / 1024))
  return flagged(own === all ? `${own}` : `${own} (${all} with children)`, tree > limit)
}

/** Nothing wakes a quiet process: if no run holds the lock, it was left behind. */
const quietCell = ({ quiet, beat = 0 }: Process, locked: boolean): string => {
  if (quiet === undefined) return '-'
  const old = beat > 30
  return flagged(`${quiet ? 'yes' : 'no'}${old ? ` (${duration(beat)} ago)` : ''}`, old || (quiet && !locked))
}

const flagged = (value: string | number, bad: boolean): string => (bad ? `${value} !` : String(value))

/** `45 s`, `12 min`, `3 h`, `8 d`. */
const duration = (seconds: number): string => {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** The lowest limit for this unit: by its name, or for Sidekiq as a whole. */
export const lowestLimit = (limits: readonly Limit[], unit: string, what: 'rss' | 'cpu'): number =>
  Math.min(
    ...limits
      .filter(({ name, service }) => (name ?? service) === unit || (name === undefined && service === 'sidekiq'))
      .map((limit) => limit[what] ?? Infinity),
  )
