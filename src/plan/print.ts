import { display, render } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import { humanTime } from '../values/duration.ts'
import type { Lane, Plan } from './types.ts'

/**
 * The plan as text, for each wave and host, in order: a line a step, or with `full` exactly what runs there, guards included. Hosts that run
 * the same are grouped. The values of secrets are masked.
 */
export const printPlan = (plan: Plan, title: string, { full }: { readonly full: boolean }): string => {
  const linesOf = full ? fullLines : shortLines
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

/** One task on all of its hosts. Hosts with the same commands are grouped. */
const taskLines = (task: string, lanes: readonly Lane[], linesOf: (command: Command) => string[]): string[] => {
  const groups = new Map<string, string[]>()
  for (const lane of lanes) {
    const steps = lane.chunks.flatMap((chunk) => chunk.tasks.filter(({ name }) => name === task).flatMap((planned) => planned.steps))
    if (steps.length === 0) continue
    const text = steps
      .flatMap(linesOf)
      .map((line) => `       ${line}`)
      .join('\n')
    groups.set(text, [...(groups.get(text) ?? []), lane.host.name])
  }
  return [...groups].flatMap(([text, hosts]) => [`   ${task} on ${names(hosts)}:`, text])
}

/** The title of a step is a shell comment above it, so that copied text still runs. */
const fullLines = (command: Command): string[] => [
  ...(command.spec.title === undefined ? [] : [`# ${oneLine(command.spec.title)}`]),
  ...render(command, { secrets: 'mask' }).toString('utf8').split('\n'),
]

const WIDEST = 110

/** What a step is called, and its command if both fit in a line. A script of several lines has its title alone. */
const shortLines = (command: Command): string[] => {
  const { title, guards = [], says } = command.spec
  if (says) return [cut(`${SAYS[says.level]}: ${oneLine(says.message)}`)]
  const typed = display(command)
  const both = title === undefined ? typed : `${oneLine(title)}: ${typed}`
  const line = both.includes('⏎') || both.length > WIDEST ? (title === undefined ? cut(both) : oneLine(title)) : both
  return [`${line}${guards.map(condition).join('')}`]
}

const SAYS = { error: 'fails', warning: 'warns', note: 'prints' } as const

const condition = ({ when, guard }: { readonly when: 'unless' | 'onlyIf'; readonly guard: Command }): string => {
  const text = guard.spec.title ?? display(guard)
  return text.includes('⏎') || text.length > WIDEST / 2 ? ', on a condition' : `, ${when === 'unless' ? 'unless' : 'only if'} ${text}`
}

const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text)

const oneLine = (title: string): string => title.replaceAll(/\s+/g, ' ')
