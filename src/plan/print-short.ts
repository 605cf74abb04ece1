import type { Command } from '../shell/types.ts'
import { humanTime } from '../values/duration.ts'
import { cut, pad, width } from '../values/width.ts'
import { environmentLines, environmentsOf, type HostEnvironments } from './environment.ts'
import { groupsOf, type Group } from './host-groups.ts'
import { passwordLines } from './sudo-passwords.ts'
import { shortLines } from './short-step.ts'
import { BARRIER, CODE } from './step-text.ts'
import type { Plan, Wave } from './types.ts'

type Tint = (text: string) => string

export interface ShortPlanOptions {
  /** how wide a line may be */
  readonly columns: number
  /** the colours of the screen */
  readonly paint: { readonly bold: Tint; readonly dim: Tint; readonly yellow: Tint; readonly red: Tint }
}

/**
 * The plan as text, a line a step, or more for one that copies files: for each wave, its tasks in order and what they do. Hosts that run
 * the same are grouped, and what every command of a host has in its environment is shown once. Secrets are masked, and control characters made visible.
 */
export const shortPlan = (plan: Plan, title: string, options: ShortPlanOptions): string => {
  const { paint } = options
  const [subject = '', ...rest] = title.split('\n')
  // between the subject and the last line are notes, which are easy to miss
  const head = [paint.bold(subject), ...rest.map((line, i) => (i < rest.length - 1 ? paint.yellow(line) : line))]
  if (plan.waves.length === 0) return `${[...head, '', 'nothing to do'].join('\n')}\n`
  const everyone = [...new Set(plan.waves.flatMap(({ hosts }) => hosts.map(({ name }) => name)))]
  const many = everyone.length > MOST_NAMES
  const names = (hosts: readonly string[]): string => (many ? namesAmong(hosts, everyone) : hosts.join(', '))
  const environments = environmentsOf(plan)
  const shared = [...passwordLines(plan, names), ...environmentLines(environments, names)].map((line) => cut(line, options.columns))
  const waves = plan.waves.flatMap((wave, i) => ['', ...waveLines(wave, i + 1, { ...options, names, environments })])
  const lines = [
    ...head,
    ...(many ? ['', `hosts: ${everyone.join(', ')}`] : []),
    ...(shared.length > 0 ? ['', ...shared] : []),
    ...waves,
    '',
    paint.dim('--full shows every command, byte for byte'),
  ]
  return `${lines.join('\n')}\n`
}

/** More hosts than these are named once, at the top. */
const MOST_NAMES = 8

/** `all 50 hosts`, `all but web7`, or the names. */
const namesAmong = (hosts: readonly string[], everyone: readonly string[]): string => {
  if (hosts.length === everyone.length) return `all ${hosts.length} hosts`
  const others = everyone.filter((host) => !hosts.includes(host))
  return others.length <= FEW_OTHERS && others.length < hosts.length ? `all but ${others.join(', ')}` : hosts.join(', ')
}
const FEW_OTHERS = 4

interface WaveOptions extends ShortPlanOptions {
  readonly environments: HostEnvironments
  readonly names: (hosts: readonly string[]) => string
}

const waveLines = (wave: Wave, number: number, options: WaveOptions): readonly string[] => {
  const { paint, names, environments } = options
  const hosts = wave.hosts.map(({ name }) => name)
  const wait = wave.wait === undefined ? '' : `, ${humanTime(wave.wait)} later`
  const groups = groupsOf(wave, environments).map((group) => ({ ...group, name: nameOf(group, hosts, names) }))
  // a longer name has a line of its own
  const widest = Math.floor(options.columns * NAME_SHARE)
  const column = Math.max(...groups.map(({ name }) => width(name)).filter((name) => name <= widest), 0)
  return [
    paint.bold(`${number}. ${wave.title}`) + paint.dim(` on ${names(hosts)}${wait}`),
    ...groups.flatMap((group) => groupLines(group, column, options)),
    ...(wave.barrier ? [paint.dim(`   -- ${BARRIER[wave.barrier]}`)] : []),
  ]
}

/** The most of a line that the names of tasks may take. */
const NAME_SHARE = 0.36

/** The task, and its hosts if they are not all of the wave. */
const nameOf = ({ task, hosts }: Group, all: readonly string[], names: WaveOptions['names']): string =>
  hosts.length === all.length ? task : `${task} on ${names(hosts)}`

const groupLines = (
  { name, steps }: Group & { readonly name: string },
  column: number,
  { columns, paint }: WaveOptions,
): readonly string[] => {
  const room = Math.max(LEAST_ROOM, columns - column - INDENT.length - GAP.length)
  const texts = steps === undefined ? [CODE] : steps.flatMap((step) => shortLines(step, room).map((line) => tinted(step, line, paint)))
  const fits = width(name) <= column
  const lines = texts.map((text, i) => `${INDENT}${pad(fits && i === 0 ? name : '', column)}${GAP}${text}`)
  return fits ? lines : [`${INDENT}${name}`, ...lines]
}

const INDENT = '   '
const GAP = '  '
const LEAST_ROOM = 30

/** What only warns or fails stands out. */
const tinted = ({ spec: { message, allow } }: Command, text: string, { yellow, red }: ShortPlanOptions['paint']): string => {
  if (message === undefined || message.level === 'note') return text
  return message.level === 'warning' || allow === true ? yellow(text) : red(text)
}
