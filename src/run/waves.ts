import { thrownByTask } from '../plan/thrown.ts'
import type { Plan } from '../plan/types.ts'
import type { Failure } from '../tasks/types.ts'
import type { ContextInput } from '../plan/context.ts'
import type { Host } from '../inventory/types.ts'
import { reportError } from './connect.ts'
import { runContext } from './live.ts'
import { markTask, type RunState } from './state.ts'
import { runWave } from './wave.ts'
import { EXIT } from '../values/errors.ts'

export interface WavesInput extends ContextInput {
  readonly local: Host
  readonly signal: AbortSignal
  readonly failure: Failure | undefined
  /** these follow on a failure: they are run to their end, whatever fails */
  readonly recovery?: boolean
}

/** Runs the waves in order, each when the one before has ended everywhere. Stops after the first that fails, or at an interrupt. */
export const runWaves = async (state: RunState, plan: Plan, input: WavesInput): Promise<boolean> => {
  let all = true
  for (const wave of plan.waves) {
    if (input.signal.aborted) return false
    const number = ++state.waves
    const since = Date.now()
    state.emit({ type: 'wave:start', wave: number, title: wave.title, tasks: wave.tasks, hosts: wave.hosts.map((host) => host.name) })
    const ok = wave.kind === 'steps' ? await runWave(state, wave, number, input.signal, input.recovery) : await runTask(state, wave, number, input)
    state.emit({ type: 'wave:end', wave: number, ok, ms: Date.now() - since })
    if (!ok && !input.recovery) return false
    all &&= ok
  }
  return all && !input.signal.aborted
}

const runTask = async (state: RunState, wave: Plan['waves'][number] & { kind: 'run' }, number: number, input: WavesInput): Promise<boolean> => {
  const { task } = wave
  const mark = (how: 'started' | 'done') => wave.hosts.forEach((host) => markTask(state, host.name, task.name, how))
  mark('started')
  try {
    await task.def.run!(runContext(state, task, { ...input, wave: number }))
    mark('done')
    return true
  } catch (error) {
    if (!input.signal.aborted) reportError(state, thrownByTask(error, EXIT.failed), EXIT.failed, undefined, task.name)
    return false
  }
}
