import type { Call } from '../shell/types.ts'
import { usageError } from '../values/errors.ts'
import { stepsInLane } from './plan.ts'
import type { Plan } from './types.ts'

export interface TerminalNeeds {
  readonly hasTerminal: boolean
  /** of the stage */
  readonly shipit: Call
}

/** A step with `.tty()` needs a terminal, for one host alone. Throws (usage). */
export const checkTerminals = ({ waves }: Plan, { hasTerminal, shipit }: TerminalNeeds): void => {
  for (const wave of waves) {
    if (wave.kind !== 'steps') continue
    const steps = wave.lanes.flatMap((lane) => stepsInLane(lane).filter(({ command }) => command.spec.tty))
    const [first] = steps
    if (first === undefined) continue
    if (!hasTerminal)
      throw usageError(`${first.task} needs a terminal, and there is none`, {
        hint: 'run it at a terminal, with neither its input nor its output redirected',
      })
    if (wave.lanes.length > 1)
      throw usageError(
        `${first.task} takes the terminal, so it runs on one host, and not on ${wave.hosts.map(({ name }) => name).join(', ')}`,
        {
          hint: `${shipit(first.task, '--hosts', wave.hosts[0]!.name)}, or give the task on: { roles: […], primary: true }`,
        },
      )
  }
}
