import type { ProbeResult } from '../../src/index.ts'

/** The properties of a unit, as `systemctl show` prints them. */
export type Properties = ReadonlyMap<string, string>

/** What `systemctl show` printed about each unit, in the order of `names`; undefined if systemd did not answer. */
export const parseProperties = (answer: ProbeResult, names: readonly string[]): readonly Properties[] | undefined => {
  const blocks = answer.ok ? answer.stdout.trim().split(/\n\n+/) : []
  // one block for each name, in the order asked
  return blocks.length === names.length ? blocks.map((block) => joined(block.split('\n').map(pair))) : undefined
}

/** A property may have several lines, such as ExecReload with one for each command: all of them count. */
const joined = (pairs: readonly (readonly [string, string])[]): Properties => {
  const all = new Map<string, string>()
  for (const [key, value] of pairs) all.set(key, all.has(key) ? `${all.get(key)}\n${value}` : value)
  return all
}

const pair = (line: string): [string, string] => {
  const i = line.indexOf('=')
  return [line.slice(0, i), line.slice(i + 1)]
}

/** A time span that systemd prints, such as `1min 30s`, in seconds; undefined for `infinity`, or if there is none. */
export const parseTimespan = (text: string): number | undefined => {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|min|month|s|h|d|w|y)\b/g)]
  return parts.length === 0 ? undefined : parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit!]!, 0)
}

const UNITS: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  month: 2_629_800,
  y: 31_557_600,
}

/**
 * Whether `systemctl reload` only quiets Sidekiq: each command of ExecReload is a kill that sends TSTP to the main process. With
 * Type=notify-reload, systemd also sends a signal of its own.
 */
export const reloadOnlyQuiets = (properties: Properties): boolean => {
  const commands = reloadCommands(properties)
  return commands.length > 0 && commands.every((command) => QUIETS.test(command)) && properties.get('Type') !== 'notify-reload'
}

/** The commands of ExecReload as `systemctl show` prints them: `{ path=… ; argv[]=/bin/kill -TSTP $MAINPID ; … }`, one per line. */
export const reloadCommands = (properties: Properties): readonly string[] =>
  (properties.get('ExecReload') ?? '').split('\n').flatMap((line) => (line === '' ? [] : (/argv\[\]=(.*?) ;/.exec(line)?.[1] ?? line)))

const QUIETS = /^(?:\/\S*\/)?kill (?:-(?:SIG)?TSTP|-20|(?:-s|-n|--signal) ?=?(?:(?:SIG)?TSTP|20)) (?:\$MAINPID|\$\{MAINPID\})$/
