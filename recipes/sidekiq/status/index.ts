import type { RunContext } from '../../../src/index.ts'
import type { Context, Manager } from '../manager.ts'
import type { Settings } from '../settings.ts'
import { limitsOf } from './limits.ts'
import { look, parse, type Report } from './read.ts'
import { rowsOf, span, type Missing } from './table.ts'

/** The task: a table of every process on every host, and the backlog of their queues. It is a `run` because it reads before it prints. */
export const status = (by: (c: Pick<Context, 'settings'>) => Manager) => ({
  shows: true,
  run: async (c: RunContext<Settings>): Promise<void> => {
    const asked = await c.on({ roles: c.settings.roles }, async (host): Promise<Report | Missing> => {
      try {
        return parse(await host.capture(look(c, host, by(c))))
      } catch (error) {
        if (c.signal.aborted) throw error
        return { missing: `cannot be asked: ${first(error)}` }
      }
    })
    const hosts = [...asked].map(([host, report]) => [host.name, report] as const)
    c.log.table(rowsOf(hosts, limitsOf(c)))
    for (const line of backlogs(hosts.map(([, report]) => report))) c.log.info(line)
    for (const line of troubles(hosts)) c.log.warn(line)
  },
})

/** One line per Redis, however many hosts use it. */
const backlogs = (reports: readonly (Report | Missing)[]): readonly string[] => {
  const all = new Map<string, string>()
  for (const report of reports) {
    if ('missing' in report || report.at === undefined || report.trouble !== undefined) continue
    const queues = report.queues.map(
      ({ name, size, latency }) => `${name} ${size}${typeof latency !== 'number' || size === 0 ? '' : ` (${span(latency)})`}`,
    )
    all.set(`${report.id ?? report.at} ${report.space}`, `queues in ${report.at}: ${queues.join(', ') || 'none yet'}`)
  }
  return [...all.values()]
}

/** One warning per problem, naming every host that has it. */
const troubles = (hosts: readonly (readonly [string, Report | Missing])[]): readonly string[] => {
  const all = new Map<string, string[]>()
  for (const [host, report] of hosts) {
    if ('missing' in report || report.trouble === undefined) continue
    all.set(report.trouble, [...(all.get(report.trouble) ?? []), host])
  }
  return [...all].map(([trouble, names]) => `${trouble} (${names.join(', ')})`)
}

const first = (error: unknown): string => {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').filter(Boolean)
  // a failed command's message begins with the command; its output comes after
  return (lines.length > 1 ? lines.at(-1) : lines[0])?.trim().slice(0, 120) ?? 'no answer'
}
