import { humanTime } from '../values/duration.ts'
import { groupsOf } from './host-groups.ts'
import { BARRIER, CODE, fullLines } from './step-text.ts'
import { passwordLines } from './sudo-passwords.ts'
import type { Plan } from './types.ts'

/**
 * The plan as text, for each wave and host, in order: exactly what runs there, guards included. Hosts that run the same are grouped.
 * Secrets are masked, and control characters made visible.
 */
export const fullPlan = (plan: Plan, title: string): string => {
  const lines = [title, ...passwordLines(plan, (hosts) => hosts.join(', ')).flatMap((line) => ['', line])]
  plan.waves.forEach((wave, i) => {
    lines.push('', `${i + 1}. ${wave.title}${wave.wait === undefined ? '' : `, ${humanTime(wave.wait)} later`}`)
    for (const { task, hosts, steps } of groupsOf(wave))
      if (steps === undefined) lines.push(`   ${task} on ${hosts.join(', ')}: ${CODE}`)
      else lines.push(`   ${task} on ${hosts.join(', ')}:`, ...steps.flatMap(fullLines).map((line) => `       ${line}`))
    if (wave.barrier) lines.push(`   -- ${BARRIER[wave.barrier]}`)
  })
  if (plan.waves.length === 0) lines.push('', 'nothing to do')
  return `${lines.join('\n')}\n`
}
