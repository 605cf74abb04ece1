import { render } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import type { Lane, Plan } from './types.ts'

/**
 * The plan for people: per wave and host, in order, the exact text that will run there, guards included; hosts that agree are folded
 * together. Values of secrets are masked.
 */
export const printPlan = (plan: Plan, title: string): string => {
  const lines = [title]
  plan.waves.forEach((wave, i) => {
    lines.push('', `${i + 1}. ${wave.title}`)
    if (wave.kind === 'run') {
      lines.push(`   ${hostNames(wave.hosts.map((host) => host.name))}`, `     ${wave.task.name}: code that decides when it runs`)
    } else {
      for (const { hosts, text } of fold(wave.lanes)) lines.push(`   ${hostNames(hosts)}`, ...text)
    }
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

const hostNames = (names: readonly string[]): string => `on ${names.join(', ')}:`

const fold = (lanes: readonly Lane[]) => {
  const groups: { hosts: string[]; text: string[] }[] = []
  for (const lane of lanes) {
    const text = lane.chunks.flatMap((chunk) => chunk.tasks.flatMap((task) => [`     ${task.name}`, ...task.steps.flatMap(stepLines)]))
    const same = groups.find((group) => group.text.join('\n') === text.join('\n'))
    if (same) same.hosts.push(lane.host.name)
    else groups.push({ hosts: [lane.host.name], text })
  }
  return groups
}

const stepLines = (command: Command): string[] => render(command, { secrets: 'mask' }).trimEnd().split('\n').map((line) => `       ${line}`)
