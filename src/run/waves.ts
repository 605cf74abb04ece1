import { setTimeout } from 'node:timers/promises'
import type { Plan } from '../plan/types.ts'
import { humanTime } from '../values/duration.ts'
import { runCodeTask } from './code-task.ts'
import type { RunState } from './state.ts'
import type { WavesInput } from './waves-input.ts'
import { expectScripts, runWave } from './wave.ts'

/**
 * Runs the waves in order, each after the one before has ended everywhere. Stops at an interrupt or (except in a recovery) a failure. A
 * finally hook that has begun runs to its end, whatever happens.
 */
export const runWaves = async (state: RunState, plan: Plan, input: WavesInput): Promise<boolean> => {
  let allOk = true
  expectScripts(state, plan)
  for (const [i, wave] of plan.waves.entries()) {
    const begun = wave.finally !== undefined && wave.finally === plan.waves[i - 1]?.finally
    const { signal, recovery } = wave.finally === undefined ? input : TO_THE_END
    if (!allOk && !input.recovery && !begun) return false
    if (wave.wait !== undefined) {
      state.emit({ type: 'log', level: 'info', message: `${humanTime(wave.wait)} until ${wave.title}` })
      await setTimeout(wave.wait, undefined, { signal }).catch(() => {})
    }
    if (input.signal.aborted && !begun && !(wave.finally && state.followed)) return false
    input.begins?.(i)
    const number = input.wave ?? ++state.waves
    const since = Date.now()
    // what code has invoked is a part of its wave
    if (input.wave === undefined)
      state.emit({ type: 'wave:start', wave: number, title: wave.title, tasks: wave.tasks, hosts: wave.hosts.map((host) => host.name) })
    const ok =
      wave.kind === 'steps'
        ? await runWave(state, wave, number, signal, recovery)
        : await runCodeTask(state, wave, number, { ...input, signal })
    if (input.wave === undefined) state.emit({ type: 'wave:end', wave: number, ok, ms: Date.now() - since })
    allOk &&= ok
  }
  return allOk && (!input.signal.aborted || state.followed)
}

/** A second interrupt ends the process. */
const TO_THE_END = { signal: new AbortController().signal, recovery: true }
