import type { LoadedConfig } from '../../config/raw-config.ts'
import { createPaint, wantsColour } from '../../output/colours.ts'
import { withInterception } from '../../output/intercept-streams.ts'
import { createLogsOutput } from '../../output/logs/renderer.ts'
import { FILES_TASK, fileSource } from '../../run/log-sources.ts'
import { showLogs } from '../../run/logs.ts'
import { usageError } from '../../values/errors.ts'
import type { Options } from '../global-options.ts'
import { LOGS_OPTIONS, parseOwnOptions, type OwnOptions } from '../own-options.ts'
import { shipitCommand } from '../shipit-command.ts'
import { loadHosts, onHosts } from './on-hosts.ts'

/** At most so many lines of a log: they are kept until they are in order. */
const MOST_LINES = 10_000

/** `shipit STAGE logs [NAME]`. Throws usage errors before it connects. */
export const runLogs = async (options: Options, _argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  const own = parseOwnOptions(options, LOGS_OPTIONS, 'logs')
  const [stageName = '', , name, ...more] = own.words
  if (more.length > 0)
    throw usageError(`logs shows one log or all, not ${[name, ...more].join(' ')}`, {
      hint: shipitCommand(options)(stageName, 'logs', name!),
    })
  const follow = own.has('--follow')
  const since = sinceOf(own, new Date())
  const lines = linesOf(own, since === undefined ? 100 : MOST_LINES)
  const prepared = await loadHosts({ options, given }, (found) => found)
  if (prepared.hosts.length === 0) throw usageError(`${prepared.stage.name} has no hosts`, { hint: 'servers, in the config, names them' })
  const zones = new Map<string, number>()
  const paint = await createPaint(wantsColour(process.env, process.stdout.isTTY))
  const renderer = withInterception(
    process.stdout,
    (text, _, write) => write(text, 'stderr'),
    (stdout, stderr) => createLogsOutput({ stdout, stderr, paint, follow, since, lines, zones, files: FILES_TASK, sourceOf: fileSource }),
  )
  return onHosts(prepared, { renderers: [renderer], lines: true }, (request) =>
    showLogs({
      ...request,
      name,
      log: { lines, since: since === undefined ? undefined : Math.floor(since / 1000), follow },
      onZone: (host, minutes) => void zones.set(host, minutes),
    }),
  )
}

const linesOf = (own: OwnOptions, without: number): number => {
  const typed = own.value('--lines')
  if (typed === undefined) return without
  const lines = /^\d+$/.test(typed) ? Number(typed) : NaN
  if (lines <= MOST_LINES) return lines
  throw usageError(`--lines ${typed}: ${lines > MOST_LINES ? `at most ${MOST_LINES}` : 'not a number of lines'}`, {
    hint: 'a whole log: exec -- cat, with --in shared/log',
  })
}

/** A date alone would be UTC's (ECMA-262); with a time it is the one of this machine. */
const withHour = (text: string): string => (text.includes('T') ? text : `${text}T00:00`)

const UNIT = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** In ms since the epoch. */
const sinceOf = (own: OwnOptions, now: Date): number | undefined => {
  const typed = own.value('--since')
  if (typed === undefined) return undefined
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(typed) ?? []
  if (amount !== undefined) return now.getTime() - Number(amount) * UNIT[unit as keyof typeof UNIT]
  const time = /^\d{4}-\d\d-\d\d/.test(typed) ? Date.parse(withHour(typed.replace(' ', 'T'))) : NaN
  if (!Number.isNaN(time)) return time
  throw usageError(`--since ${typed}: not a time`, { hint: 'write 30m, 2h, 1d, or a date as in 2026-11-30T08:00' })
}
