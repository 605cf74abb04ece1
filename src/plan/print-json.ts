import type { Command } from '../shell/types.ts'
import { groupsOf } from './host-groups.ts'
import { BARRIER, CODE, oneLine, commandText } from './step-text.ts'
import { hostsWithPassword } from './sudo-passwords.ts'
import type { Plan } from './types.ts'

/**
 * The plan for programs, one JSON object a line: the plan and its waves first, then each step, its command whole. `redact` is applied to
 * every text before it is escaped.
 */
export const planAsJson = (plan: Plan, title: string, redact: (text: string) => string): string => {
  const waves = plan.waves.map(({ title, wait, tasks, hosts, barrier, finally: hook }) => ({
    title,
    tasks,
    hosts: hosts.map(({ name }) => name),
    wait,
    barrier: barrier && BARRIER[barrier],
    finally: hook?.on,
  }))
  const steps = plan.waves.flatMap((wave, i) =>
    groupsOf(wave).flatMap(({ task, hosts, steps = [undefined] }) =>
      steps.map((step) => ({ wave: i + 1, task, hosts, ...(step === undefined ? { title: CODE } : stepAsJson(step)) })),
    ),
  )
  const passwords = hostsWithPassword(plan)
  const lines = [
    { type: 'plan', title, ...(passwords.length > 0 && { sudoPassword: passwords }), waves },
    ...steps.map((step, i) => ({ type: 'plan:step', number: i + 1, ...step })),
  ]
  const redacted = (_key: string, value: unknown): unknown => (typeof value === 'string' ? redact(value) : value)
  return lines.map((line) => `${JSON.stringify(line, redacted)}\n`).join('')
}

const stepAsJson = (command: Command) => {
  const { title, message, allow, upload, rsync } = command.spec
  return {
    title: title === undefined ? undefined : oneLine(title),
    command: commandText(command),
    upload: upload && {
      from: upload.from,
      content: upload.content?.kind,
      to: upload.to,
      size: upload.summary?.size,
      there: upload.summary?.there,
      files: upload.summary?.files,
    },
    rsync: rsync && {
      direction: rsync.direction,
      here: rsync.here,
      there: rsync.there,
      delete: rsync.delete,
      exclude: rsync.exclude,
      note: rsync.summary,
    },
    message: message && { level: allow === true ? 'warning' : message.level, text: message.text },
  }
}
