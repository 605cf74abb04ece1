import { setTimeout } from 'node:timers/promises'
import type { Plan } from '../plan/types.ts'
import { humanTime } from '../values/duration.ts'
import { runCode } from './code.ts'
import type { RunState } from './state.ts'
import type { WavesInput } from './waves-input.ts'
import { expectScripts, runWave } from './wave.ts'

/** Runs the waves in order, each after the one before has ended everywhere. Stops at an interrupt or (except in a recovery) a failure. */
export const runWaves = async (state: RunState, plan: Plan, input: WavesInput): Promise<boolean> => {
  let all = true
  expectScripts(state, plan)
  for (const wave of plan.waves) {
    if (wave.wait !== undefined) {
      state.emit({ type: 'log', level: 'info', message: `${humanTime(wave.wait)} until ${wave.title}` })
      await setTimeout(wave.wait, undefined, { signal: input.signal }).catch(() => {})
    }
    if (input.signal.aborted) return false
    const number = ++state.waves
    const since = Date.now()
    state.emit({ type: 'wave:start', wave: number, title: wave.title, tasks: wave.tasks, hosts: wave.hosts.map((host) => host.name) })
    const ok =
      wave.kind === 'steps' ? await runWave(state, wave, number, input.signal, input.recovery) : await runCode(state, wave, number, input)
    state.emit({ type: 'wave:end', wave: number, ok, ms: Date.now() - since })
    if (!ok && !input.recovery) return false
    all &&= ok
  }
  return all && (!input.signal.aborted || state.followed)
}
