import { render } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import { humanTime } from '../values/duration.ts'
import type { Lane, Plan } from './types.ts'

/**
 * The plan as text: for each wave and host, in order, exactly what runs there, guards included. Hosts that run the same are grouped.
 * The values of secrets are masked.
 */
export const printPlan = (plan: Plan, title: string): string => {
  const lines = [title]
  plan.waves.forEach((wave, i) => {
    lines.push('', `${i + 1}. ${wave.title}${wave.wait === undefined ? '' : `, ${humanTime(wave.wait)} later`}`)
    if (wave.kind === 'run')
      lines.push(`   ${wave.task.name} on ${names(wave.hosts.map((host) => host.name))}: code that decides when it runs`)
    else for (const task of wave.tasks) lines.push(...taskLines(task, wave.lanes))
    if (wave.barrier) lines.push(`   -- ${BARRIER[wave.barrier]}`)
  })
  if (plan.waves.length === 0) lines.push('', 'nothing to do')
  return `${lines.join('\n')}\n`
}

const BARRIER = {
  '|checked': 'everybody waits until all hosts have passed the checks',
  '|ready': 'everybody waits until all hosts are ready to switch',
  '|live': 'everybody waits until all hosts have switched',
} as const

const names = (hosts: readonly string[]): string => hosts.join(', ')

/** One task on all of its hosts. Hosts with the same commands are grouped. */
const taskLines = (task: string, lanes: readonly Lane[]): string[] => {
  const groups = new Map<string, string[]>()
  for (const lane of lanes) {
    const steps = lane.chunks.flatMap((chunk) => chunk.tasks.filter(({ name }) => name === task).flatMap((planned) => planned.steps))
    if (steps.length === 0) continue
    const text = steps.flatMap(stepLines).join('\n')
    groups.set(text, [...(groups.get(text) ?? []), lane.host.name])
  }
  return [...groups].flatMap(([text, hosts]) => [`   ${task} on ${names(hosts)}:`, text])
}

/** The title of a step is a shell comment above it, so that copied text still runs. */
const stepLines = (command: Command): string[] =>
  [
    ...(command.spec.title === undefined ? [] : [`# ${oneLine(command.spec.title)}`]),
    ...render(command, { secrets: 'mask' }).toString('utf8').split('\n'),
  ].map((line) => `       ${line}`)

const oneLine = (title: string): string => title.replaceAll(/\s+/g, ' ')
