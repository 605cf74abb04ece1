import { display, render } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import { humanTime } from '../values/duration.ts'
import type { Lane, Plan } from './types.ts'

export interface PrintOptions {
  readonly full: boolean
  /** Applied before a line is cut: afterwards a secret might no longer be recognized. */
  readonly redact?: (text: string) => string
}
type LinesOf = (command: Command) => readonly string[]

/**
 * The plan as text, for each wave and host, in order: a line a step, or with `full` exactly what runs there, guards included. Hosts that run
 * the same are grouped. The values of secrets are masked.
 */
export const printPlan = (plan: Plan, title: string, { full, redact = (text) => text }: PrintOptions): string => {
  const linesOf: LinesOf = full ? fullLines : (command) => [shortLine(command, redact)]
  const lines = [title]
  plan.waves.forEach((wave, i) => {
    lines.push('', `${i + 1}. ${wave.title}${wave.wait === undefined ? '' : `, ${humanTime(wave.wait)} later`}`)
    if (wave.kind === 'run')
      lines.push(`   ${wave.task.name} on ${names(wave.hosts.map((host) => host.name))}: code that decides when it runs`)
    else for (const task of wave.tasks) lines.push(...taskLines(task, wave.lanes, linesOf))
    if (wave.barrier) lines.push(`   -- ${BARRIER[wave.barrier]}`)
  })
  if (plan.waves.length === 0) lines.push('', 'nothing to do')
  else if (!full) lines.push('', '--full shows every command, byte for byte')
  return `${lines.join('\n')}\n`
}

const BARRIER = {
  '|checked': 'every host waits until all have passed the checks',
  '|ready': 'every host waits until all are ready to switch',
  '|live': 'every host waits until all have switched',
} as const

const names = (hosts: readonly string[]): string => hosts.join(', ')

/** One task on all of its hosts. Hosts with the same commands share them; hosts whose commands only look the same when cut do not. */
const taskLines = (task: string, lanes: readonly Lane[], linesOf: LinesOf): string[] => {
  const groups = new Map<string, { readonly hosts: string[]; readonly lines: readonly string[] }>()
  for (const lane of lanes) {
    const steps = lane.chunks.flatMap((chunk) => chunk.tasks.filter(({ name }) => name === task).flatMap((planned) => planned.steps))
    if (steps.length === 0) continue
    const whole = steps.flatMap(fullLines).join('\n')
    const known = groups.get(whole)
    if (known) known.hosts.push(lane.host.name)
    else groups.set(whole, { hosts: [lane.host.name], lines: steps.flatMap(linesOf) })
  }
  return [...groups.values()].flatMap(({ hosts, lines }) => [`   ${task} on ${names(hosts)}:`, ...lines.map((line) => `       ${line}`)])
}

/** The title of a step is a shell comment above it, so that copied text still runs. */
const fullLines = (command: Command): readonly string[] => [
  ...(command.spec.title === undefined ? [] : [`# ${oneLine(command.spec.title)}`]),
  ...render(command, { secrets: 'mask' }).toString('utf8').split('\n'),
]

const WIDEST = 110

/** What a step is called, and its command if both fit in a line. A script of several lines has its title alone. */
const shortLine = (command: Command, redact: (text: string) => string): string => {
  const { title, guards = [] } = command.spec
  const conditions = guards.map(({ when, guard }) => {
    const text = guard.spec.title ?? redact(display(guard))
    return text.includes('⏎') || text.length > WIDEST / 2 ? ', on a condition' : `, ${when === 'unless' ? 'unless' : 'only if'} ${text}`
  })
  const what = said(command, redact) ?? titled(title === undefined ? undefined : oneLine(title), command, redact(display(command)))
  return `${what}${conditions.join('')}`
}

const titled = (title: string | undefined, command: Command, typed: string): string => {
  if (title === undefined) return cut(typed)
  const both = `${title}: ${typed}`
  return both.includes('⏎') || both.length > WIDEST ? `${title}${account(command)}` : both
}

/** Who runs it, if the command that shows it is left out. */
const account = ({ spec }: Command): string => (spec.sudo === true ? ', as root' : spec.as === undefined ? '' : `, as ${spec.as}`)

const SAYS = { error: 'fails', warning: 'warns', note: 'prints' } as const

const said = ({ spec: { says, allow } }: Command, redact: (text: string) => string): string | undefined =>
  says && cut(`${SAYS[allow === true ? 'warning' : says.level]}: ${redact(oneLine(says.message))}`)

const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text)

const oneLine = (title: string): string => title.replaceAll(/\s+/g, ' ')
