import { checkLocalCommand } from './local-command.ts'
import type { Host } from '../inventory/types.ts'
import type { Command } from '../shell/types.ts'
import { typedTaskOf, type Entry } from '../tasks/order.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { Failure } from '../tasks/types.ts'
import { EXIT, type ShipitError } from '../values/errors.ts'
import { withDefaults, withMapping } from './command-defaults.ts'
import { flattenSteps } from './flatten-steps.ts'
import { userCodeError } from '../errors/user-code-error.ts'
import { requireSecrets } from './trial-evaluation.ts'
import { sharesOf } from './rolling.ts'
import { runsOnPrimary, stepsContext, targetsOf, type ContextInput } from './context.ts'
import { createWaves, type HostShare, type Waves } from './collect-waves.ts'
import type { HostRead, Lane, Plan } from './types.ts'

export interface PlanInput extends ContextInput {
  readonly entries: readonly Entry[]
  /** by the host's name; `local` for this machine */
  readonly reads: ReadonlyMap<string, HostRead>
  readonly local: Host
  /** to plan what follows a failure: what is known about it, per host */
  readonly failure?: (host: Host) => Failure
  /** called if a task's own code throws, to continue without it; otherwise the error is thrown */
  readonly onThrown?: (error: ShipitError) => void
}

/** Plans what runs where, in order. Pure: no clock, no network, no disk. Throws ShipitError if a task's own code throws. */
export const buildPlan = (input: PlanInput): Plan => {
  const waves = createWaves({ ...input, recovering: input.failure !== undefined })
  for (const entry of input.entries) {
    if (entry.kind === 'barrier') waves.close(entry.barrier)
    else {
      if (!input.failure) {
        waves.startTask(typedTaskOf(entry))
        waves.startHook(entry.finally)
      }
      planTask(input, entry.task, waves)
    }
  }
  waves.close(undefined)
  return { waves: waves.all, finals: waves.finals }
}

const planTask = (input: PlanInput, task: TaskEntry, { add, addCode, close }: Waves): void => {
  const targets = targetsOf(input, task)
  const hosts = targets === 'local' ? [input.local] : targets
  if (hosts.length === 0) return
  if (task.def.run) return addCode(task, hosts)
  // the switch is a wave of its own: everything before it must have succeeded on every host
  const ownWave = targets === 'local' || runsOnPrimary(task, input) || task.barrier === '|live'
  if (ownWave) close(undefined)
  const shares = hosts.flatMap((host): HostShare[] => {
    const steps = stepsOf(input, task, host)
    return steps.length > 0 ? [{ host, planned: { name: task.name, steps } }] : []
  })
  // a recovery is in a hurry: it does not roll
  const rolling = input.failure || targets === 'local' ? undefined : sharesOf(input, task, shares)
  if (rolling) {
    close(undefined)
    rolling.shares.forEach((share, i) => {
      add(task, share)
      close(undefined, { title: `${task.name}, ${i + 1} of ${rolling.shares.length}`, wait: i === 0 ? 0 : rolling.wait })
    })
    return
  }
  add(task, shares)
  if (ownWave && !task.barrier) close(undefined)
}

const stepsOf = (input: PlanInput, task: TaskEntry, host: Host): readonly Command[] => {
  const read = input.reads.get(host.name)
  if (!read || !task.def.steps) return []
  try {
    const list = flattenSteps(task.def.steps(stepsContext(input, task, host, read, input.failure?.(host))))
    requireSecrets(list, host)
    const local = host === input.local
    const prepare = task.owner === 'core' ? withDefaults : withMapping
    return list.map((command) => prepare(local ? checkLocalCommand(command) : command, input.stage, local ? undefined : host))
  } catch (error) {
    const codeError = userCodeError(error, input.onThrown ? EXIT.failed : EXIT.usage, `the task ${task.name}`)
    if (!input.onThrown) throw codeError
    input.onThrown(codeError)
    return []
  }
}

export const stepsInLane = (lane: Lane): readonly { task: string; command: Command }[] =>
  lane.chunks.flatMap((chunk) => chunk.tasks.flatMap((task) => task.steps.map((command) => ({ task: task.name, command }))))
