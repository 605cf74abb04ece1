import { z } from 'zod'
import { sh } from '../../../src/index.ts'
import type { Command, Host, RunContext } from '../../../src/index.ts'
import { NAMED, PROCESSES } from '../drain/ruby/processes.ts'
import { asking, plain } from '../drain/run.ts'
import type { Asking, Manager } from '../manager.ts'
import type { Settings } from '../settings.ts'
import { marksOf } from '../quietness.ts'
import { unitNames } from '../units.ts'
import { STATUS } from './ruby.ts'

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
export type Process = z.output<typeof process>

const report = z.object({
  processes: z.array(process),
  queues: z.array(z.object({ name: z.string(), size: z.number(), latency: z.number().nullish() })),
  /** whether a run holds this host's lock: that run may have quieted Sidekiq */
  running: z.boolean().optional(),
  /** the release that is live */
  current: z.string().optional(),
  /** the Redis, for display; `id` and `space` are the same for all hosts that use it */
  at: z.string().optional(),
  id: z.string().nullish(),
  space: z.string().optional(),
  trouble: z.string().optional(),
})
export type Report = z.output<typeof report>

/** The one command sent to a host. */
export const look = (c: RunContext<Settings>, host: Host, by: Manager): Command => {
  const asked = { ...c, host, runs: () => false } as unknown as Asking
  return asking(asked, by, `${NAMED}${PROCESSES}${STATUS}`, { placed: true, ...quietness(asked) }, states(asked)).title(
    'look at the processes of Sidekiq',
  )
}

/** Where a host notes quieted processes, and where its lock is; as paths that a program can open. */
const quietness = (c: Asking) => ({
  marks: plain(c, marksOf(c)),
  lock: plain(c, c.paths.deployTo.join('.shipit', 'lock')),
})

/** Parses what {@link look} printed. Throws a SyntaxError or a ZodError if it is not valid. */
export const parse = (printed: string): Report => report.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? ''))

/** systemd knows more about a unit than whether it runs. */
const states = ({ settings: { manager, serviceUnitUser, systemctlBin, ...s } }: Asking): Command => {
  if (manager !== 'systemd') return sh`:`
  const bin = serviceUnitUser === 'user' ? [systemctlBin, '--user'] : [systemctlBin]
  return sh`for unit in ${unitNames(s)}; do
  set -- $(${bin} show -p LoadState,ActiveState,Result,StateChangeTimestampMonotonic "$unit" | sed 's/^\([^=]*\)=/\1 /' | sort | cut -d' ' -f2)
  if [ "\${2:-}" = not-found ]; then set -- missing; fi
  printf '%s %s %s %s\n' "$unit" "$1" "\${3:-success}" "\${4:-0}"
done`
}
